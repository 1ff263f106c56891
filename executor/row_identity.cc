#include "executor/row_identity.h"

#include <cassert>
#include <cstdint>

#include "planner/change_builder.h"
#include "planner/change_values.h"
#include "planner/select_sql.h"
#include "planner/sha256.h"

namespace rowplan::executor {

namespace {

using planner::Change;
using planner::PlanValue;
using planner::TablePair;

std::string digest_of(const PlanValue& value) {
  if (value.form == PlanValue::Form::null) return "N";
  return planner::is_withheld(value) ? value.data : planner::sha256_hex(value.data);
}

/// The values of the whole row that the change takes away or brings, in the pair's order.
std::string digests_of(const TablePair& pair, const Change& change) {
  std::vector<std::string> digests(pair.columns.size());
  for (const planner::ColumnValue& value : planner::column_values(
           pair, change.op == planner::Op::remove ? change.before : change.after))
    digests[value.column] = digest_of(*value.value);
  std::string identity;
  for (const std::string& digest : digests) identity += digest + ",";
  return identity;
}

}  // namespace

std::string identity_of(const TablePair& pair, const mysql::Row& row) {
  if (!pair.is_keyless()) return std::string(key_bytes(pair, row));
  std::string identity;
  for (std::size_t i = 0; i < pair.columns.size(); ++i)
    identity += digest_of(planner::plan_value(pair.columns[i].type, row, i, UINT64_MAX)) + ",";
  return identity;
}

/// A row holds its cells one after the other, those of the key first.
std::string_view key_bytes(const TablePair& pair, const mysql::Row& row) {
  assert(!pair.is_keyless());
  const std::string_view last = row.cell(pair.key_columns - 1);
  return row.bytes().substr(0, static_cast<std::size_t>(last.end() - row.bytes().begin()));
}

std::string identity_before(const TablePair& pair, const Change& change) {
  if (pair.is_keyless()) return digests_of(pair, change);
  return std::string(planner::before_identity(pair, change).bytes());
}

std::string identity_after(const TablePair& pair, const Change& change) {
  if (pair.is_keyless()) return digests_of(pair, change);
  return std::string(planner::after_identity(pair, change).bytes());
}

bool needs_rows(const TablePair& pair, const Change& change) {
  return !pair.is_keyless() || planner::is_withheld(change);
}

}  // namespace rowplan::executor
