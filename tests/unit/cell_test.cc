#include "mysql/cell.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

#include "mysql/double_text.h"
#include "mysql/json_canonical.h"
#include "mysql/key_order.h"
#include "mysql/quote.h"

namespace rowplan::mysql {
namespace {

CellType of(CellKind kind, unsigned digits = 0) {
  CellType type{kind};
  type.scale = type.fsp = digits;
  return type;
}

std::string cell(const CellType& type, const std::string& text) {
  const auto made = cell_from_shown(type, {true, text});
  EXPECT_TRUE(made.has_value()) << text;
  return made.value_or(std::string());
}

TEST(Cell, ShowsWhatItWasMadeFrom) {
  const std::vector<std::pair<CellType, std::string>> cases = {
      {of(CellKind::integer), "0"},
      {of(CellKind::integer), "-9223372036854775808"},
      {of(CellKind::integer), "18446744073709551615"},
      {of(CellKind::year), "0000"},
      {of(CellKind::decimal, 2), "-1234567890123456789012345678901234567890.50"},
      {of(CellKind::real), "5e-324"},
      {of(CellKind::real), "-1.7976931348623157e308"},
      {of(CellKind::date), "0000-00-00"},
      {of(CellKind::date), "2026-02-31"},
      {of(CellKind::datetime, 6), "9999-12-31 23:59:59.999999"},
      {of(CellKind::datetime, 0), "2025-10-26 02:30:00"},
      {of(CellKind::time, 1), "-838:59:59.1"},
      {of(CellKind::time, 6), "00:00:00.000001"},
      {of(CellKind::text), "a\nb"},
      {of(CellKind::tagged_text), ""},
      {of(CellKind::plain), "::1"},
  };
  for (const auto& [type, text] : cases) {
    const Shown shown = show(type, cell(type, text));
    EXPECT_EQ(shown.data, text);
    EXPECT_TRUE(shown.text);
  }
}

TEST(Cell, RefusesTextThatIsNoValue) {
  const std::vector<std::pair<CellType, std::string>> cases = {
      {of(CellKind::integer), ""},       {of(CellKind::integer), "1; DROP TABLE t"},
      {of(CellKind::integer), "-0"},     {of(CellKind::integer), "18446744073709551616"},
      {of(CellKind::decimal, 2), "1.5"}, {of(CellKind::decimal, 2), "1.50 OR 1"},
      {of(CellKind::decimal, 0), "1."},  {of(CellKind::real), "nan()"},
      {of(CellKind::real), "1.5x"},      {of(CellKind::date), "2026-01-01 00:00:00"},
      {of(CellKind::date), "2026-1"},    {of(CellKind::time), "1:2"},
      {of(CellKind::datetime), "x"},     {of(CellKind::bytes), "text"},
  };
  for (const auto& [type, text] : cases)
    EXPECT_FALSE(cell_from_shown(type, {true, text}).has_value()) << text;
}

TEST(Cell, InfinityAndNanAreNoValues) {
  for (const char* text : {"inf", "-inf", "nan", "infinity"})
    EXPECT_FALSE(cell_from_shown(of(CellKind::real), {true, text}).has_value()) << text;
}

TEST(Cell, LiteralsAreTypedAndExact) {
  CellType single = of(CellKind::real);
  single.single = true;
  EXPECT_EQ(literal(single, cell(single, "0.1")), "0.10000000149011612e0");
  EXPECT_EQ(literal(of(CellKind::real), cell(of(CellKind::real), "1e300")), "1e300");
  EXPECT_EQ(literal(of(CellKind::text), "it's"), "_utf8mb4 x'69742773'");
  EXPECT_EQ(literal(of(CellKind::text), "plain"), "'plain'");
  EXPECT_EQ(literal(of(CellKind::bytes), std::string("\0\xFF", 2)), "x'00FF'");
  EXPECT_EQ(literal(of(CellKind::label), "1"), "0");
  EXPECT_EQ(literal(of(CellKind::year), cell(of(CellKind::year), "0")), "'0000'");
}

TEST(Cell, NumbersAndTimesSortAsTheirBytes) {
  const auto rises = [](const CellType& type, const std::vector<std::string>& texts) {
    for (std::size_t i = 1; i < texts.size(); ++i)
      EXPECT_LT(cell(type, texts[i - 1]), cell(type, texts[i])) << texts[i];
  };
  rises(of(CellKind::integer), {"-9223372036854775808", "-2", "-1", "0", "1", "9007199254740993",
                                "9223372036854775808", "18446744073709551615"});
  rises(of(CellKind::real), {"-1e300", "-1", "-5e-324", "0", "5e-324", "0.1", "1", "1e300"});
  rises(of(CellKind::datetime, 6),
        {"0000-00-00 00:00:00", "2025-12-31 23:59:59.999999", "2026-01-01 00:00:00"});
  rises(of(CellKind::time, 6), {"-838:59:59", "-00:00:00.000001", "00:00:00", "838:59:59"});
}

TEST(DoubleText, ReadsBackToTheSameBits) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    EXPECT_EQ(std::strtod(double_text(value).c_str(), nullptr), value) << double_text(value);
  }
}

TEST(KeyOrder, OfDecimalsAndPaddedText) {
  const auto compare = [](ColumnOrder order, const char* a, const char* b) {
    Row x;
    Row y;
    x.add(a);
    y.add(b);
    return compare_keys({order}, x, y);
  };
  EXPECT_LT(compare(ColumnOrder::decimal, "-10.00", "-9.99"), 0);
  EXPECT_LT(compare(ColumnOrder::decimal, "9.99", "10.00"), 0);
  EXPECT_LT(compare(ColumnOrder::decimal, "-0.01", "0.00"), 0);
  EXPECT_EQ(compare(ColumnOrder::decimal, "12.30", "12.30"), 0);
  EXPECT_EQ(compare(ColumnOrder::pad_space, "a", "a  "), 0);
  EXPECT_LT(compare(ColumnOrder::pad_space, "a\t", "a"), 0);
  EXPECT_GT(compare(ColumnOrder::pad_space, "a!", "a"), 0);
  EXPECT_LT(compare(ColumnOrder::bytes, "a", "a "), 0);
}

TEST(Quote, NamesAndTextsCannotEscape) {
  EXPECT_EQ(quote_name("a`b"), "`a``b`");
  EXPECT_EQ(text_literal("x\\"), "_utf8mb4 x'785C'");
  EXPECT_EQ(text_literal("\n"), "_utf8mb4 x'0A'");
  EXPECT_EQ(printable("a\x1b[31m\xC2\x85z\xFF"), "a\\x1B[31m\\xC2\\x85z\\xFF");
}

TEST(Utf8, RefusesWhatIsIllFormed) {
  EXPECT_TRUE(is_utf8("aé日😀"));
  for (const char* bad :
       {"\xFF", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3", "\xE2\x82"})
    EXPECT_FALSE(is_utf8(bad));
}

TEST(CanonicalJson, IsTheSameForBothVendors) {
  EXPECT_EQ(canonical_json(R"({"b":1.0,"a": 1})"), canonical_json(R"({"a": 1, "b": 1.0})"));
  EXPECT_EQ(canonical_json("1e2"), canonical_json("100.0"));
  EXPECT_NE(canonical_json("9007199254740993"), canonical_json("9007199254740992"));
  EXPECT_EQ(canonical_json(R"({"a":1,"a":2})"), R"({"a":2})");
  EXPECT_EQ(canonical_json("no json"), "no json");
}

}  // namespace
}  // namespace rowplan::mysql
