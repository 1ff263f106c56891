#include "planner/change_builder.h"

#include <cassert>
#include <limits>

#include "planner/sha256.h"

namespace rowplan::planner {

namespace {

/// What tells the row from others: its key, or how many of it there are.
void identify(const TablePair& pair, const mysql::Row& row, const Copies& copies, Change& change) {
  assert(pair.is_keyless() == (copies.count > 0));
  if (!pair.is_keyless()) change.key = plan_key(pair, row);
  change.count = copies.count;
  change.had = copies.had;
}

}  // namespace

PlanValue plan_value(const mysql::CellType& type, const mysql::Row& row, std::size_t column,
                     std::uint64_t large_bytes) {
  if (row.is_null(column)) return {};
  mysql::Shown shown = mysql::show(type, row.cell(column));
  if (shown.data.size() > large_bytes)
    return {PlanValue::Form::ref, sha256_hex(shown.data), shown.data.size()};
  return {shown.text ? PlanValue::Form::text : PlanValue::Form::hex, std::move(shown.data), 0};
}

std::vector<PlanValue> plan_key(const TablePair& pair, const mysql::Row& row) {
  std::vector<PlanValue> key;
  for (std::size_t i = 0; i < pair.key_columns; ++i)
    key.push_back(
        plan_value(pair.columns[i].type, row, i, std::numeric_limits<std::uint64_t>::max()));
  return key;
}

NamedValues whole_row(const TablePair& pair, const mysql::Row& row) {
  NamedValues values;
  for (std::size_t i = 0; i < pair.columns.size(); ++i)
    values.emplace_back(pair.columns[i].name,
                        plan_value(pair.columns[i].type, row, i, pair.job.options.large_bytes));
  return values;
}

Change insert_change(const TablePair& pair, const mysql::Row& source, const Copies& copies) {
  Change change;
  change.op = Op::insert;
  change.on = pair.job.target;
  identify(pair, source, copies, change);
  change.after = whole_row(pair, source);
  change.reason = "missing";
  return change;
}

Change remove_change(const TablePair& pair, const mysql::Row& target, const Copies& copies) {
  Change change;
  change.op = Op::remove;
  change.on = pair.job.target;
  identify(pair, target, copies, change);
  change.before = whole_row(pair, target);
  change.reason = "extra";
  return change;
}

Change update_change(const TablePair& pair, const mysql::Row& source, const mysql::Row& target) {
  Change change;
  change.op = Op::update;
  change.on = pair.job.target;
  change.key = plan_key(pair, target);
  change.reason = "differs";
  for (std::size_t i = 0; i < pair.columns.size(); ++i) {
    if (!cell_differs(source, target, i)) continue;
    const PairColumn& column = pair.columns[i];
    // A key is always told: rows are found by it, before and after.
    const std::uint64_t large = i < pair.key_columns ? std::numeric_limits<std::uint64_t>::max()
                                                     : pair.job.options.large_bytes;
    change.before.emplace_back(column.name, plan_value(column.type, target, i, large));
    change.after.emplace_back(column.name, plan_value(column.type, source, i, large));
    if (i < pair.key_columns) change.reason = "key_differs";
  }
  return change;
}

bool cell_differs(const mysql::Row& a, const mysql::Row& b, std::size_t i) {
  return a.is_null(i) != b.is_null(i) || a.cell(i) != b.cell(i);
}

}  // namespace rowplan::planner
