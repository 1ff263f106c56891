#include "executor/row_corrections.h"

#include <algorithm>

#include "executor/row_identity.h"
#include "planner/change_builder.h"
#include "planner/change_values.h"

namespace rowplan::executor {

namespace {

using planner::Change;
using planner::Op;
using planner::TablePair;

/// Keys under which the unit brings rows that were not there.
std::set<std::string> inserted_keys(const TableWork& table) {
  std::set<std::string> keys;
  for (const Change& change : table.changes)
    if (change.op == Op::insert) keys.insert(identity_after(*table.pair, change));
  return keys;
}

}  // namespace

bool leaves_out_columns(const TablePair& pair) {
  return std::any_of(pair.target.columns.begin(), pair.target.columns.end(),
                     [&](const mysql::Column& column) {
                       return !column.generated && !planner::target_column(pair, column.name);
                     });
}

RowCorrections::RowCorrections(const TablePair& pair, const TableWork& table,
                               const PlannedRows& planned, RowsByKey& found, bool replace)
    : pair_(pair),
      planned_(planned),
      found_(found),
      replace_(replace),
      partial_(leaves_out_columns(pair)),
      inserted_(inserted_keys(table)) {}

void RowCorrections::look_at(const mysql::Row* before, const mysql::Row* now) {
  const std::string key = identity_of(pair_, now != nullptr ? *now : *before);
  const auto planned = planned_.find(key);
  if (planned == planned_.end()) {
    correct(before, now);
    return;
  }
  seen_.insert(key);
  correct(planned->second ? &*planned->second : nullptr, now);
}

std::optional<std::vector<Change>> RowCorrections::finish() {
  for (const auto& [key, row] : planned_)
    if (row && seen_.count(key) == 0) correct(&*row, nullptr);
  if (loses_columns_) return std::nullopt;
  return std::move(changes_);
}

void RowCorrections::correct(const mysql::Row* wanted, const mysql::Row* now) {
  if (now != nullptr && (wanted == nullptr || !(*wanted == *now)))
    found_.insert_or_assign(identity_of(pair_, *now), *now);
  if (wanted != nullptr && now != nullptr && *wanted == *now) return;
  if (wanted != nullptr && now != nullptr && !replace_) {
    changes_.push_back(update_change(pair_, *wanted, *now));
    return;
  }
  if (now != nullptr) changes_.push_back(remove_change(pair_, *now));
  if (wanted == nullptr) return;
  changes_.push_back(insert_change(pair_, *wanted));
  if (partial_ && inserted_.count(identity_of(pair_, *wanted)) == 0) loses_columns_ = true;
}

}  // namespace rowplan::executor
