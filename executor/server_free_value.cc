#include "executor/server_free_value.h"

#include <algorithm>
#include <random>

#include "mysql/quote.h"

namespace rowplan::executor {

namespace {

constexpr unsigned kTries = 200;
constexpr std::size_t kTextLength = 24;

std::string table_of(const planner::TablePair& pair) {
  return mysql::quote_table(pair.target.name.db, pair.target.name.table);
}

}  // namespace

std::optional<std::string> ServerFreeValue::free_value(const planner::TablePair& pair,
                                                       const mysql::Index&, std::size_t column) {
  switch (pair.columns[column].type.kind) {
    case mysql::CellKind::integer:
      return free_integer(pair, column);
    case mysql::CellKind::text:
    case mysql::CellKind::tagged_text:
    case mysql::CellKind::bytes:
      return free_text(pair, column);
    default:
      return std::nullopt;
  }
}

bool ServerFreeValue::is_free(const planner::TablePair& pair, std::size_t column,
                              const std::string& literal) {
  return target_
      .query("SELECT 1 FROM " + table_of(pair) + " WHERE " +
                 mysql::quote_name(pair.columns[column].target.name) + "=" + literal +
                 " LIMIT 1 FOR UPDATE",
             "looking for a free value")
      .empty();
}

std::optional<std::string> ServerFreeValue::free_integer(const planner::TablePair& pair,
                                                         std::size_t column) {
  // Random numbers of the type's own width: the end of the range may be taken, or be an id to come.
  const mysql::Column& target = pair.columns[column].target;
  unsigned bits = target.data_type == "tinyint"     ? 8
                  : target.data_type == "smallint"  ? 16
                  : target.data_type == "mediumint" ? 24
                  : target.data_type == "int"       ? 32
                  : target.data_type == "bit"       ? static_cast<unsigned>(target.length)
                                                    : 64;
  if (!target.is_unsigned) --bits;
  std::random_device random;
  std::mt19937_64 generator((std::uint64_t{random()} << 32) | random());
  const std::uint64_t last = bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
  std::uniform_int_distribution<std::uint64_t> any(0, last);
  for (unsigned i = 0; i < kTries; ++i) {
    const std::string literal = std::to_string(any(generator));
    if (is_free(pair, column, literal)) return literal;
  }
  return std::nullopt;
}

std::optional<std::string> ServerFreeValue::free_text(const planner::TablePair& pair,
                                                      std::size_t column) {
  static const std::string letters = "abcdefghijkmnpqrstuvwxyz23456789";
  const bool bytes = pair.columns[column].type.kind == mysql::CellKind::bytes;
  const std::size_t length = std::min<std::size_t>(kTextLength, pair.columns[column].target.length);
  std::random_device random;
  std::uniform_int_distribution<std::size_t> any(0, letters.size() - 1);
  for (unsigned i = 0; i < kTries && length > 0; ++i) {
    std::string text;
    for (std::size_t c = 0; c < length; ++c) text += letters[any(random)];
    const std::string literal = bytes ? mysql::bytes_literal(text) : mysql::text_literal(text);
    if (is_free(pair, column, literal)) return literal;
  }
  return std::nullopt;
}

}  // namespace rowplan::executor
