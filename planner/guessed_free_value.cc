#include "planner/guessed_free_value.h"

#include "mysql/quote.h"

namespace rowplan::planner {

namespace {

using mysql::Column;
using mysql::TypeFamily;

unsigned bits_of(const Column& column) {
  if (column.family == TypeFamily::bit) return static_cast<unsigned>(column.length);
  if (column.data_type == "tinyint") return 8;
  if (column.data_type == "smallint") return 16;
  if (column.data_type == "mediumint") return 24;
  if (column.data_type == "int") return 32;
  return 64;
}

std::optional<std::string> integer(const Column& column, std::uint64_t n) {
  const unsigned bits = bits_of(column);
  if (bits < 64 && n > std::uint64_t{1} << (bits - 1)) return std::nullopt;
  if (column.is_unsigned || column.family == TypeFamily::bit) {
    if (column.auto_increment) return n == 1 ? std::optional<std::string>("0") : std::nullopt;
    const std::uint64_t greatest = ~std::uint64_t{0} >> (64 - bits);
    return std::to_string(greatest - (n - 1));
  }
  const std::uint64_t magnitude = (std::uint64_t{1} << (bits - 1)) - (n - 1);
  return "-" + std::to_string(magnitude);
}

std::optional<std::string> text(std::uint64_t length, std::uint64_t n) {
  const std::string number = std::to_string(n);
  for (const std::string& value : {"~rowplan-" + number, "~" + number})
    if (value.size() <= length) return value;
  return std::nullopt;
}

std::optional<std::string> date(std::uint64_t n) {
  constexpr std::uint64_t kDays = 31;
  if (n > kDays) return std::nullopt;
  return std::string("1971-01-") + (n < 10 ? "0" : "") + std::to_string(n);
}

}  // namespace

std::optional<std::string> GuessedFreeValue::free_value(const TablePair& pair,
                                                        const mysql::Index& /*index*/,
                                                        std::size_t column) {
  const Column& target = pair.columns[column].target;
  const std::uint64_t n = ++asked_[{pair.target.name, column}];
  const auto quoted = [](std::optional<std::string> value, auto quote) {
    return value ? std::optional<std::string>(quote(*value)) : std::nullopt;
  };
  switch (target.family) {
    case TypeFamily::integer:
    case TypeFamily::bit:
      return integer(target, n);
    case TypeFamily::text:
      return quoted(text(target.length, n), mysql::text_literal);
    case TypeFamily::bytes:
      return quoted(text(target.length, n), mysql::bytes_literal);
    case TypeFamily::date:
      return quoted(date(n), mysql::text_literal);
    case TypeFamily::datetime:
    case TypeFamily::timestamp:
      return quoted(date(n),
                    [](const std::string& day) { return mysql::text_literal(day + " 00:00:00"); });
    default:
      return std::nullopt;
  }
}

}  // namespace rowplan::planner
