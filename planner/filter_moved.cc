#include "planner/filter_moved.h"

#include <algorithm>

#include "mysql/quote.h"
#include "mysql/row_stream.h"
#include "planner/change_builder.h"
#include "planner/keys_compare.h"
#include "planner/statements.h"

namespace rowplan::planner {

namespace {

constexpr std::size_t kFindingsAtMost = 20;

std::string bytes_of(const mysql::Row& row) { return std::string(row.bytes()); }

}  // namespace

void FilterGuard::append(const Change& change) { pending_.push_back(change); }

void FilterGuard::mark() {
  const bool following = pair_.job.options.filter_moved == FilterMoved::follow;
  std::vector<mysql::Row> inserted;
  std::vector<mysql::Row> removed;
  for (const Change& change : pending_) {
    if (change.op == Op::insert) inserted.push_back(key_row(pair_, change).value());
    // A delete of a row that left the filter on the source is what "follow" asks for.
    if (change.op == Op::remove && !following) removed.push_back(key_row(pair_, change).value());
  }
  const RowsByKey on_target =
      look_up(target_, Side::target, inserted, following ? Wanted::all : Wanted::key);
  tell(look_up(source_, Side::source, removed, Wanted::key), Side::source);
  if (!following) tell(on_target, Side::target);
  for (Change& change : pending_) {
    if (following && change.op == Op::insert) {
      const auto found = on_target.find(bytes_of(key_row(pair_, change).value()));
      if (found != on_target.end()) follow(change, found->second);
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

/// The row is there, outside the filter: an update brings it in.
void FilterGuard::follow(Change& insert, const mysql::Row& target) {
  const NamedValues wanted = std::move(insert.after);
  insert.op = Op::update;
  insert.reason = "filter_moved";
  insert.after.clear();
  const std::uint64_t large = pair_.job.options.large_bytes;
  for (std::size_t i = 0; i < pair_.columns.size(); ++i) {
    PlanValue now = plan_value(pair_.columns[i].type, target, i, large);
    if (now == wanted[i].second) continue;
    insert.before.emplace_back(pair_.columns[i].name, std::move(now));
    insert.after.push_back(wanted[i]);
  }
  ++followed_;
}

FilterGuard::RowsByKey FilterGuard::look_up(mysql::Session& session, Side side,
                                            const std::vector<mysql::Row>& keys, Wanted wanted) {
  RowsByKey found;
  for (std::size_t begin = 0; begin < keys.size(); begin += kKeysAtOnce) {
    const auto from = keys.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto to =
        keys.begin() + static_cast<std::ptrdiff_t>(std::min(keys.size(), begin + kKeysAtOnce));
    mysql::RowStream rows(session,
                          select_keys(pair_, side, {from, to}, false, Locking::none, wanted),
                          read_columns(pair_, side, wanted), "looking for rows outside the filter");
    mysql::Row row;
    while (rows.next(row)) found.insert_or_assign(bytes_of(key_of(pair_, row)), row);
  }
  return found;
}

void FilterGuard::tell(const RowsByKey& rows, Side outside) {
  const Side inside = outside == Side::source ? Side::target : Side::source;
  for (const auto& [bytes, row] : rows) {
    if (findings_.size() >= kFindingsAtMost) return;
    std::string key;
    for (std::size_t i = 0; i < pair_.key_columns; ++i)
      key += (i == 0 ? "" : ", ") +
             mysql::printable(mysql::show(pair_.columns[i].type, row.cell(i)).data);
    findings_.push_back({"filter_moved", Severity::error, pair_.job.address,
                         "row (" + key + ") is inside the filter on " + pair_.server(inside) +
                             " and outside on " + pair_.server(outside),
                         "filter_moved = \"follow\" deletes or updates such rows"});
  }
}

}  // namespace rowplan::planner
