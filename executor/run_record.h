// What the state remembers of a run that writes: that it began, how it ended, which pairs are good.
#pragma once

#include <exception>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "executor/table_tally.h"
#include "planner/job.h"
#include "planner/manifest.h"
#include "planner/plan.h"
#include "state/pairs.h"
#include "state/runs.h"
#include "state/store.h"

namespace rowplan::executor {

struct ApplyResult;

/// Of this machine; empty where the system does not tell.
[[nodiscard]] std::string host_name();

/// What a failure says, for the record.
[[nodiscard]] std::string text_of(const std::exception_ptr& failure);

/// The pairs of a plan, each with how much of it was compared.
using PairScopes = std::map<std::string, state::CompareScope>;
[[nodiscard]] PairScopes scopes_of(const planner::Plan& plan);

/// Of these, those that are now as their source: all of them where the run is a success, but for
/// spokes that were left out; else spokes of groups of which all tables are in, unless what was
/// written was found to differ.
[[nodiscard]] PairScopes succeeded(const PairScopes& scopes, const TableTallies& tables,
                                   const std::set<std::string>& missing_spokes, bool success,
                                   bool found_equal);

using PairRows = std::map<std::string, state::RowCounts>;
/// What was written of each pair of the plan, and what it leaves.
[[nodiscard]] PairRows rows_by_pair(const planner::Plan& plan, const TableTallies& tables);
void add(PairRows& rows, const PairRows& more);
[[nodiscard]] state::RowCounts total_of(const PairRows& rows);

/// Pairs of the manifest, and those of its groups, that the selection takes; a name that is none of
/// them is passed over. Throws Refusal{usage} for what is no address.
[[nodiscard]] std::vector<std::string> selected_pairs(const planner::Manifest& manifest,
                                                      const planner::Selection& selection);

/// What is remembered of an apply.
[[nodiscard]] state::RunEnd run_end_of(const planner::Plan& plan, const ApplyResult& result);

class RunRecord {
 public:
  /// Begins. A run that has no plan yet leaves both empty.
  RunRecord(state::Store& store, const std::string& verb, const std::string& plan_id,
            const std::string& digest, const std::vector<std::string>& pairs,
            const std::string& tool_version);

  /// The plan that the run is about from now on.
  void planned(const std::string& plan_id, const std::string& digest);
  /// `succeeded`: the pairs that are now as their source; none where the run failed. All of it or
  /// nothing is kept. May be called again with another end. Throws StateError.
  void finish(const state::RunEnd& end, const PairScopes& succeeded, const PairRows& rows);

  [[nodiscard]] const std::string& run_id() const noexcept { return run_id_; }
  [[nodiscard]] const std::string& started_at() const noexcept { return started_at_; }

 private:
  state::Store& store_;
  std::string run_id_;
  std::string plan_id_;
  std::string started_at_;
};

}  // namespace rowplan::executor
