#include "planner/change_values.h"

#include <algorithm>
#include <cassert>

#include "mysql/quote.h"
#include "planner/address.h"
#include "planner/plan_directory.h"

namespace rowplan::planner {

namespace {

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return folded(x) == folded(y); });
}

bool any_withheld(const NamedValues& values) {
  return std::any_of(values.begin(), values.end(),
                     [](const auto& named) { return is_withheld(named.second); });
}

}  // namespace

PlanError change_error(const TablePair& pair, const std::string& what) {
  return {changes_path(encode_name(pair.job.pair), encode_table(pair.job.source_table)), what};
}

std::vector<ColumnValue> column_values(const TablePair& pair, const NamedValues& values) {
  std::vector<ColumnValue> found;
  found.reserve(values.size());
  const std::size_t count = pair.columns.size();
  std::size_t expected = 0;  // a plan names columns in the pair's order
  for (const auto& [name, value] : values) {
    std::size_t tried = 0;
    while (tried < count && pair.columns[(expected + tried) % count].name != name) ++tried;
    if (tried == count)
      throw change_error(pair, "column '" + mysql::printable(name) + "' is not compared");
    const std::size_t column = (expected + tried) % count;
    found.push_back({column, &value});
    expected = column + 1;
  }
  return found;
}

std::optional<std::size_t> target_column(const TablePair& pair, std::string_view name) {
  for (std::size_t i = 0; i < pair.columns.size(); ++i)
    if (same_name(pair.columns[i].target.name, name)) return i;
  return std::nullopt;
}

std::optional<std::string> cell_of(const TablePair& pair, std::size_t column,
                                   const PlanValue& value) {
  assert(!is_withheld(value));
  if (value.form == PlanValue::Form::null) return std::nullopt;
  const PairColumn& described = pair.columns[column];
  auto cell =
      mysql::cell_from_shown(described.type, {value.form == PlanValue::Form::text, value.data});
  if (!cell)
    throw change_error(pair, "a value of column '" + mysql::printable(described.name) +
                                 "' is not one of its type");
  return cell;
}

std::optional<mysql::Row> key_row(const TablePair& pair, const Change& change) {
  if (!change.key) return std::nullopt;
  if (change.key->size() != pair.key_columns)
    throw change_error(pair, "a key has " + std::to_string(change.key->size()) + " values, not " +
                                 std::to_string(pair.key_columns));
  mysql::Row key;
  for (std::size_t i = 0; i < pair.key_columns; ++i) {
    const auto cell = cell_of(pair, i, (*change.key)[i]);
    if (!cell) throw change_error(pair, "a key holds NULL");
    key.add(*cell);
  }
  return key;
}

std::optional<mysql::Row> after_key_row(const TablePair& pair, const Change& change) {
  std::optional<mysql::Row> key = key_row(pair, change);
  if (!key || change.op != Op::update) return key;
  std::vector<std::string> cells;
  for (std::size_t i = 0; i < pair.key_columns; ++i) cells.emplace_back(key->cell(i));
  for (const ColumnValue& written : column_values(pair, change.after)) {
    if (written.column >= pair.key_columns) continue;
    auto cell = cell_of(pair, written.column, *written.value);
    if (!cell) throw change_error(pair, "a key holds NULL");
    cells[written.column] = std::move(*cell);
  }
  mysql::Row after;
  for (const std::string& cell : cells) after.add(cell);
  return after;
}

mysql::Row whole_row(const TablePair& pair, const Change& change) {
  assert(pair.is_keyless() && change.op != Op::update);
  std::vector<const PlanValue*> values(pair.columns.size());
  for (const ColumnValue& value :
       column_values(pair, change.op == Op::remove ? change.before : change.after))
    values[value.column] = value.value;
  mysql::Row row;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == nullptr) throw change_error(pair, "a row lacks a column");
    const auto cell = cell_of(pair, i, *values[i]);
    if (cell)
      row.add(*cell);
    else
      row.add_null();
  }
  return row;
}

namespace {

mysql::Row required(const TablePair& pair, std::optional<mysql::Row> key) {
  if (!key) throw change_error(pair, "a change has no key");
  return std::move(*key);
}

}  // namespace

mysql::Row before_identity(const TablePair& pair, const Change& change) {
  return pair.is_keyless() ? whole_row(pair, change) : required(pair, key_row(pair, change));
}

mysql::Row after_identity(const TablePair& pair, const Change& change) {
  return pair.is_keyless() ? whole_row(pair, change) : required(pair, after_key_row(pair, change));
}

bool is_withheld(const PlanValue& value) noexcept {
  return value.form == PlanValue::Form::ref || value.form == PlanValue::Form::hmac;
}

bool is_withheld(const Change& change) noexcept {
  const auto in_key = [&] {
    return std::any_of(change.key->begin(), change.key->end(),
                       [](const PlanValue& value) { return is_withheld(value); });
  };
  return any_withheld(change.before) || any_withheld(change.after) || (change.key && in_key());
}

}  // namespace rowplan::planner
