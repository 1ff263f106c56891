#include "planner/match_values.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "planner/change_values.h"

namespace rowplan::planner {

namespace {

using mysql::CellKind;
using State = MatchValue::State;

constexpr std::size_t kNoSlot = std::numeric_limits<std::size_t>::max();

/// Collations differ in more than this; a server's unique index has the last word.
std::string folded(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

/// Two columns that refer to each other may be held with another number of digits.
std::string without_zeros(std::string_view decimal) {
  if (decimal.find('.') == std::string_view::npos) return std::string(decimal);
  while (decimal.back() == '0') decimal.remove_suffix(1);
  if (decimal.back() == '.') decimal.remove_suffix(1);
  return decimal == "-0" ? "0" : std::string(decimal);
}

MatchValue match_cell(const mysql::CellType& type, std::string_view cell) {
  switch (type.kind) {
    case CellKind::text:
      return {State::known, "t" + folded(cell)};
    case CellKind::tagged_text:
      return {State::known, cell[0] == 't' ? "t" + folded(cell.substr(1)) : std::string(cell)};
    case CellKind::decimal:
      return {State::known, without_zeros(cell)};
    default:
      return {State::known, std::string(cell)};
  }
}

MatchValue match_value(const TablePair& pair, const ColumnValue& value) {
  // Equal values have equal digests.
  if (is_withheld(*value.value)) return {State::known, "#" + value.value->data};
  const auto cell = cell_of(pair, value.column, *value.value);
  if (!cell) return {State::null, ""};
  return match_cell(pair.columns[value.column].type, *cell);
}

}  // namespace

MatchValues::MatchValues(const UnitTable& table, const std::set<std::size_t>& columns)
    : slots_(table.pair->columns.size(), kNoSlot), columns_(columns.begin(), columns.end()) {
  for (std::size_t slot = 0; slot < columns_.size(); ++slot) slots_[columns_[slot]] = slot;
  entries_.resize(table.changes.size() * columns_.size());
  if (columns_.empty()) return;
  for (std::size_t i = 0; i < table.changes.size(); ++i) read_change(table, i);
}

void MatchValues::read_key(const TablePair& pair, const Change& change, Entry* row) {
  if (!change.key) return;
  if (change.key->size() != pair.key_columns) throw change_error(pair, "a key of the wrong size");
  for (std::size_t i = 0; i < pair.key_columns; ++i)
    if (slots_[i] != kNoSlot) row[slots_[i]].before = match_value(pair, {i, &(*change.key)[i]});
}

void MatchValues::read_row(const TablePair& pair, const mysql::Row& cells, Entry* row) {
  assert(cells.size() == pair.columns.size());
  for (std::size_t slot = 0; slot < columns_.size(); ++slot) {
    const std::size_t column = columns_[slot];
    row[slot].before = cells.is_null(column)
                           ? MatchValue{State::null, ""}
                           : match_cell(pair.columns[column].type, cells.cell(column));
  }
}

void MatchValues::read_change(const UnitTable& table, std::size_t number) {
  const TablePair& pair = *table.pair;
  const Change& change = table.changes[number];
  Entry* row = &entries_[number * columns_.size()];
  if (change.op == Op::update || change.op == Op::remove) {
    if (!table.target_rows.empty() && table.target_rows[number].size() > 0)
      read_row(pair, table.target_rows[number], row);
    read_key(pair, change, row);
    for (const ColumnValue& value : column_values(pair, change.before))
      if (slots_[value.column] != kNoSlot)
        row[slots_[value.column]].before = match_value(pair, value);
  }
  if (change.op != Op::update && change.op != Op::insert) return;
  for (std::size_t slot = 0; slot < columns_.size(); ++slot) row[slot].after = row[slot].before;
  for (const ColumnValue& value : column_values(pair, change.after)) {
    if (slots_[value.column] == kNoSlot) continue;
    row[slots_[value.column]].after = match_value(pair, value);
    row[slots_[value.column]].written = true;
  }
}

const MatchValues::Entry& MatchValues::entry(std::size_t change, std::size_t column) const {
  assert(slots_[column] != kNoSlot);
  return entries_[change * columns_.size() + slots_[column]];
}

const MatchValue& MatchValues::before(std::size_t change, std::size_t column) const {
  return entry(change, column).before;
}

const MatchValue& MatchValues::after(std::size_t change, std::size_t column) const {
  return entry(change, column).after;
}

bool MatchValues::writes(std::size_t change, const std::vector<std::size_t>& columns) const {
  return std::any_of(columns.begin(), columns.end(),
                     [&](std::size_t column) { return entry(change, column).written; });
}

}  // namespace rowplan::planner
