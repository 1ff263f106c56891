#include "planner/parking_values.h"

#include "planner/change_values.h"

namespace rowplan::planner {

namespace {

/// Times to ask for another value when one stands in the unit itself.
constexpr int kAttempts = 100;

}  // namespace

std::optional<std::string> ParkingValues::next(std::size_t table, const mysql::Index& index,
                                               std::size_t column) {
  Column& state = columns_[{table, column}];
  if (!state.collected) collect(table, column, state);
  for (int i = 0; i < kAttempts && !state.none_left; ++i) {
    auto literal = source_.free_value(*tables_[table].pair, index, column);
    if (!literal)
      state.none_left = true;
    else if (state.used.insert(*literal).second)
      return literal;
  }
  return std::nullopt;
}

void ParkingValues::collect(std::size_t table, std::size_t column, Column& state) const {
  state.collected = true;
  const UnitTable& unit = tables_[table];
  const TablePair& pair = *unit.pair;
  const auto add = [&](const PlanValue& value) {
    if (is_withheld(value)) return;
    if (const auto cell = cell_of(pair, column, value))
      state.used.insert(mysql::literal(pair.columns[column].type, *cell));
  };
  for (const Change& change : unit.changes) {
    if (change.key && column < change.key->size()) add((*change.key)[column]);
    for (const NamedValues* values : {&change.before, &change.after})
      for (const auto& [name, value] : *values)
        if (name == pair.columns[column].name) add(value);
  }
  for (const mysql::Row& row : unit.target_rows)
    if (row.size() > column && !row.is_null(column))
      state.used.insert(mysql::literal(pair.columns[column].type, row.cell(column)));
}

}  // namespace rowplan::planner
