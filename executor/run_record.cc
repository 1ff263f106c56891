#include "executor/run_record.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>

#include "executor/executor.h"
#include "executor/watermark_moves.h"
#include "planner/address.h"
#include "planner/plan_id.h"
#include "planner/selector.h"

namespace rowplan::executor {

std::string host_name() {
  std::array<char, 256> host{};
  return gethostname(host.data(), host.size() - 1) == 0 ? host.data() : "";
}

std::string text_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  }
}

PairScopes scopes_of(const planner::Plan& plan) {
  const auto most = plan.only.empty() && plan.exclude.empty() ? state::CompareScope::full
                                                              : state::CompareScope::partial;
  PairScopes scopes;
  for (const planner::PlanTable& table : plan.tables) {
    const std::string pair = table.address.substr(0, table.address.find('/'));
    state::CompareScope& scope = scopes.try_emplace(pair, most).first->second;
    if (!compared_all_rows(table)) scope = state::CompareScope::partial;
  }
  return scopes;
}

PairScopes succeeded(const PairScopes& scopes, const TableTallies& tables,
                     const std::set<std::string>& missing_spokes, bool success, bool found_equal) {
  std::set<std::string> not_in = missing_spokes;
  for (const auto& [address, tally] : tables)
    if (status_of(tally) != TableStatus::success)
      not_in.insert(address.substr(0, address.find('/')));
  PairScopes good;
  for (const auto& [pair, scope] : scopes) {
    const bool of_group = planner::is_of_group(pair);
    const bool in = of_group && found_equal && not_in.count(pair) == 0;
    const bool whole = std::none_of(
        missing_spokes.begin(), missing_spokes.end(),
        [&name = pair](const std::string& spoke) { return planner::means_pair(name, spoke); });
    if (in || (success && !of_group && whole)) good.emplace(pair, scope);
  }
  return good;
}

PairRows rows_by_pair(const planner::Plan& plan, const TableTallies& tables) {
  PairRows pairs;
  for (const planner::PlanTable& table : plan.tables) {
    state::RowCounts& rows = pairs[table.address.substr(0, table.address.find('/'))];
    const auto tally = tables.find(table.address);
    const planner::Ops written = tally == tables.end() ? planner::Ops() : tally->second.written;
    rows.inserted += written.insert;
    rows.updated += written.update;
    rows.deleted += written.remove;
    rows.conflicts += table.ops.conflict;
    rows.kept += table.ops.kept;
  }
  return pairs;
}

void add(PairRows& rows, const PairRows& more) {
  for (const auto& [pair, counts] : more) {
    state::RowCounts& sum = rows[pair];
    sum.inserted += counts.inserted;
    sum.updated += counts.updated;
    sum.deleted += counts.deleted;
    // Of the last plan: earlier ones told the same rows.
    sum.conflicts = counts.conflicts;
    sum.kept = counts.kept;
  }
}

state::RowCounts total_of(const PairRows& rows) {
  state::RowCounts total;
  for (const auto& [pair, counts] : rows) {
    total.inserted += counts.inserted;
    total.updated += counts.updated;
    total.deleted += counts.deleted;
    total.conflicts += counts.conflicts;
    total.kept += counts.kept;
  }
  return total;
}

std::vector<std::string> selected_pairs(const planner::Manifest& manifest,
                                        const planner::Selection& selection) {
  std::vector<std::string> pairs;
  const planner::Selector selector(selection);
  for (const planner::PairSpec& pair : manifest.pairs)
    if (selector.may_select(pair.name)) pairs.push_back(pair.name);
  return pairs;
}

state::RunEnd run_end_of(const planner::Plan& plan, const ApplyResult& result) {
  state::RunEnd end;
  end.exit_code = is_success(result) ? 0 : 1;
  end.rows = total_of(rows_by_pair(plan, result.tables));
  end.units_applied = result.applied;
  end.units_done = result.already_done;
  end.units_stale = result.stale;
  end.units_failed = result.failed;
  if (!result.problems.empty())
    end.message = result.problems.front().detail;
  else if (result.failure)
    end.message = text_of(result.failure);
  else if (!result.audit_problems.empty())
    end.message = result.audit_problems.front();
  return end;
}

RunRecord::RunRecord(state::Store& store, const std::string& verb, const std::string& plan_id,
                     const std::string& digest, const std::vector<std::string>& pairs,
                     const std::string& tool_version)
    : store_(store),
      run_id_(planner::new_plan_id(std::chrono::system_clock::now())),
      plan_id_(plan_id),
      started_at_(store.now()) {
  state::Runs(store_).begin({run_id_, plan_id, digest, verb, pairs, tool_version, host_name(),
                             static_cast<std::int64_t>(getpid())});
}

void RunRecord::planned(const std::string& plan_id, const std::string& digest) {
  plan_id_ = plan_id;
  state::Runs(store_).planned(run_id_, plan_id, digest);
}

void RunRecord::finish(const state::RunEnd& end, const PairScopes& succeeded,
                       const PairRows& rows) {
  store_.atomically([&] {
    state::Runs(store_).finish(run_id_, end);
    for (const auto& [pair, scope] : succeeded)
      state::Pairs(store_).succeeded(
          pair, plan_id_, rows.count(pair) > 0 ? rows.at(pair) : state::RowCounts(), scope);
  });
}

}  // namespace rowplan::executor
