#include "executor/planned_rows.h"

#include "executor/row_identity.h"
#include "planner/change_values.h"

namespace rowplan::executor {

namespace {

using planner::Change;
using planner::Op;
using Cells = std::vector<std::optional<std::string>>;

mysql::Row row_of(const Cells& cells) {
  mysql::Row row;
  for (const auto& cell : cells)
    if (cell)
      row.add(*cell);
    else
      row.add_null();
  return row;
}

mysql::Row after_row(const planner::TablePair& pair, const Change& change,
                     const mysql::Row* before) {
  const std::vector<planner::ColumnValue> written = planner::column_values(pair, change.after);
  if (before == nullptr && written.size() != pair.columns.size())
    throw planner::change_error(pair, "a change names some columns of a row that is not there");
  Cells cells(pair.columns.size());
  for (std::size_t i = 0; before != nullptr && i < cells.size(); ++i)
    if (!before->is_null(i)) cells[i] = std::string(before->cell(i));
  for (const planner::ColumnValue& value : written)
    cells[value.column] = planner::cell_of(pair, value.column, *value.value);
  return row_of(cells);
}

}  // namespace

PlannedRows planned_rows(const planner::TablePair& pair, const std::vector<Change>& changes,
                         const RowsByKey& before) {
  PlannedRows planned;
  // What goes first, so that a key that one change frees and another takes ends with its row.
  for (const Change& change : changes)
    if (change.op != Op::insert) planned[identity_before(pair, change)] = std::nullopt;
  for (const Change& change : changes) {
    if (change.op == Op::remove || change.op == Op::conflict) continue;
    const auto found = before.find(identity_before(pair, change));
    const bool known = change.op == Op::update && found != before.end();
    planned[identity_after(pair, change)] =
        after_row(pair, change, known ? &found->second : nullptr);
  }
  return planned;
}

}  // namespace rowplan::executor
