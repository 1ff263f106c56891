// The test vectors of docs/plan-format.md, read from it.
#include "mysql/encoding.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

namespace rowplan::mysql {
namespace {

CellType of(CellKind kind, unsigned digits = 0) {
  CellType type{kind};
  type.scale = type.fsp = digits;
  return type;
}

std::string encoded(const CellType& type, const Shown& shown) {
  const auto cell = cell_from_shown(type, shown);
  EXPECT_TRUE(cell.has_value()) << shown.data;
  std::string out;
  append_encoding(out, type, cell.value_or(std::string()));
  return out;
}

/// The last column of each vector's line, by its first.
std::map<std::string, std::string> documented() {
  std::ifstream file(std::string(ROWPLAN_SOURCE_DIR) + "/docs/plan-format.md");
  std::map<std::string, std::string> vectors;
  bool there = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "### Test vectors") there = true;
    const std::size_t bar = line.rfind(" | `");
    if (!there || line.rfind("| ", 0) != 0 || bar == std::string::npos) continue;
    vectors[line.substr(2, bar - 2)] = line.substr(bar + 4, line.size() - bar - 4 - 3);
  }
  return vectors;
}

TEST(Encoding, IsAsDocumented) {
  CellType single = of(CellKind::real);
  single.single = true;
  CellType set = of(CellKind::label);
  set.is_set = true;
  const std::map<std::string, std::string> computed = {
      {"NULL", "N"},
      {"INT -5", encoded(of(CellKind::integer), {true, "-5"})},
      {"BIGINT UNSIGNED 18446744073709551615",
       encoded(of(CellKind::integer), {true, "18446744073709551615"})},
      {"YEAR 0", encoded(of(CellKind::year), {true, "0"})},
      {"DECIMAL(10,2) 1.5", encoded(of(CellKind::decimal, 2), {true, "1.50"})},
      {"DOUBLE 0.1", encoded(of(CellKind::real), {true, "0.1"})},
      {"FLOAT 0.1", encoded(single, {true, "0.1"})},
      {"DOUBLE 1e15", encoded(of(CellKind::real), {true, "1e15"})},
      {"DOUBLE 2071187847712500.2", encoded(of(CellKind::real), {true, "2071187847712500.2"})},
      {"DOUBLE 1e-14", encoded(of(CellKind::real), {true, "1e-14"})},
      {"DOUBLE -0.0", encoded(of(CellKind::real), {true, "-0.0"})},
      {"DATETIME(3) 2026-02-03 04:05:06.7",
       encoded(of(CellKind::datetime, 3), {true, "2026-02-03 04:05:06.7"})},
      {"TIME(6) -00:00:00.000001", encoded(of(CellKind::time, 6), {true, "-00:00:00.000001"})},
      {"VARCHAR 'é' (any character set)", encoded(of(CellKind::tagged_text), {true, "é"})},
      {"VARCHAR ''", encoded(of(CellKind::text), {true, ""})},
      {"VARCHAR of 129 'a'", encoded(of(CellKind::text), {true, std::string(129, 'a')})},
      {"utf8mb4 bytes FF 41", encoded(of(CellKind::text), {false, "\xFF\x41"})},
      {"VARBINARY 00 FF", encoded(of(CellKind::bytes), {false, std::string("\x00\xFF", 2)})},
      {"ENUM 'a'", encoded(of(CellKind::label), {true, "a"})},
      {"ENUM index 0", encoded(of(CellKind::label), {false, ""})},
      {"SET 'a,b'", encoded(set, {true, "a,b"})},
      {"JSON `[1]`", encoded(of(CellKind::json), {true, "[1]"})},
  };
  EXPECT_EQ(computed, documented());
}

TEST(Encoding, OfARowAndItsHash) {
  const std::vector<CellType> types = {of(CellKind::integer), of(CellKind::text),
                                       of(CellKind::text)};
  Row row;
  row.add(*cell_from_shown(types[0], {true, "1"}));
  row.add("a");
  row.add_null();
  std::string text;
  append_row_encoding(text, types, row);
  EXPECT_EQ(text, "1,t61,N");
  RowHasher hasher(types);
  const RowHash hash = hasher.hash(row);
  std::ostringstream hex;
  hex << std::hex << hash.high << hash.low;
  EXPECT_EQ(hex.str(), "cce5e7ad558f8f66449f2cd93878baef");
  EXPECT_EQ(hasher.key_crc(row, 1), 2212294583U);
}

TEST(Encoding, IsInjectiveWhereSeparatorsWouldNotBe) {
  const std::vector<CellType> types(2, of(CellKind::text));
  const auto text_of = [&](const char* a, const char* b) {
    Row row;
    row.add(a);
    if (b != nullptr)
      row.add(b);
    else
      row.add_null();
    std::string text;
    append_row_encoding(text, types, row);
    return text;
  };
  EXPECT_NE(text_of("x,y", "z"), text_of("x", "y,z"));
  EXPECT_NE(text_of("a", nullptr), text_of("a", "N"));
  EXPECT_NE(text_of("a", nullptr), text_of("a", ""));
}

}  // namespace
}  // namespace rowplan::mysql
