#include "planner/filter_moved.h"

#include <optional>

#include "mysql/quote.h"
#include "planner/change_builder.h"
#include "planner/change_values.h"
#include "planner/key_lookup.h"

namespace rowplan::planner {

namespace {

using Hidden = std::vector<std::optional<mysql::Row>>;

std::vector<mysql::Row> keys_of(const TablePair& pair, const Hidden& rows) {
  std::vector<mysql::Row> keys;
  for (const auto& row : rows)
    if (row) keys.push_back(key_of(pair, *row));
  return keys;
}

}  // namespace

FilterGuard::FilterGuard(const TablePair& pair, mysql::Session& source, mysql::Session& target,
                         ChangeSink& next)
    : pair_(pair), source_(source), target_(target), next_(next), before_initial_(pair) {
  before_initial_.job.options.incremental.reset();
  anywhere_ = before_initial_;
  anywhere_.job.options.where.clear();
}

void FilterGuard::append(const Change& change) { pending_.push_back(change); }

void FilterGuard::mark() {
  const bool following = pair_.job.options.filter_moved == FilterMoved::follow;
  const bool dated = !following && pair_.job.options.incremental;
  std::vector<mysql::Row> inserted;
  std::vector<mysql::Row> removed;
  for (const Change& change : pending_) {
    if (change.op == Op::insert) inserted.push_back(key_row(pair_, change).value());
    // A delete of a row that left the filter on the source is what "follow" asks for.
    if (change.op == Op::remove && !following) removed.push_back(key_row(pair_, change).value());
  }
  const Hidden on_target = rows_with_equal_keys(target_, pair_, Side::target, inserted, false,
                                                following || dated ? Wanted::all : Wanted::key);
  const KeyedRows old = dated ? rows_of_keys(target_, before_initial_, Side::target,
                                             keys_of(pair_, on_target), true, Wanted::key)
                              : KeyedRows();
  const Hidden on_source =
      rows_with_equal_keys(source_, anywhere_, Side::source, removed, true, Wanted::key);
  // In the order of the changes, wherever the marks are.
  std::size_t insert = 0;
  std::size_t remove = 0;
  for (Change& change : pending_) {
    if (change.op == Op::insert) {
      const auto& row = on_target[insert++];
      const bool brought_in = following || (row && old.count(key_bytes(pair_, *row)) > 0);
      if (row && !(brought_in && follow(change, *row))) tell(*row, Side::target);
    } else if (change.op == Op::remove && !following) {
      const auto& row = on_source[remove++];
      if (row) tell(*row, Side::source);
    }
    next_.append(change);
  }
  pending_.clear();
  next_.mark();
}

void FilterGuard::rollback() {
  pending_.clear();
  next_.rollback();
}

/// The row is there, outside the filter: an update brings it in. False: nothing that is compared
/// differs, so what the filter looks at cannot be written.
bool FilterGuard::follow(Change& insert, const mysql::Row& target) {
  Change update = insert;
  update.op = Op::update;
  update.reason = "filter_moved";
  update.key = plan_key(pair_, target);
  update.after.clear();
  for (std::size_t i = 0; i < pair_.columns.size(); ++i) {
    const bool is_key = i < pair_.key_columns;  // always told in full
    const PlanValue& wanted = is_key ? (*insert.key)[i] : insert.after[i].second;
    PlanValue now = plan_value(pair_.columns[i].type, target, i,
                               is_key ? UINT64_MAX : pair_.job.options.large_bytes);
    if (now == wanted) continue;
    update.before.emplace_back(pair_.columns[i].name, std::move(now));
    update.after.emplace_back(pair_.columns[i].name, wanted);
  }
  if (update.after.empty()) return false;
  insert = std::move(update);
  ++followed_;
  return true;
}

void FilterGuard::tell(const mysql::Row& row, Side outside) {
  if (findings_.size() >= kFindingsAtMost) return;
  const Side inside = outside == Side::source ? Side::target : Side::source;
  std::string key;
  for (std::size_t i = 0; i < pair_.key_columns; ++i)
    key += (i == 0 ? "" : ", ") +
           mysql::printable(mysql::show(pair_.columns[i].type, row.cell(i)).data);
  findings_.push_back({"filter_moved", Severity::error, pair_.job.address,
                       "row (" + key + ") is inside the filter on " + pair_.server(inside) +
                           " and outside on " + pair_.server(outside),
                       "filter_moved = \"follow\" deletes or updates such rows"});
}

}  // namespace rowplan::planner
