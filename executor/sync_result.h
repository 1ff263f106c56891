// What a sync did: its plans in the order in which they were made, and what became of each.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "executor/executor.h"
#include "planner/manifest.h"
#include "planner/plan.h"

namespace rowplan::executor {

/// A plan, and what became of it.
struct SyncRound {
  planner::Plan plan;  ///< without chunks and units
  std::string digest;
  bool resumed = false;   ///< an earlier run was killed while it applied this plan
  std::string directory;  ///< where the plan is; empty: not kept, since nothing was to do
  /// None: not applied. Of several attempts over a link that dropped, all together.
  std::optional<ApplyResult> applied;
  std::vector<std::string> undo;  ///< files of what was there
};

struct SyncResult {
  std::string run_id;
  std::vector<SyncRound> rounds;
  std::optional<Verification> verified;
  bool interrupted = false;  ///< by a signal
  bool out_of_time = false;
  /// Of the failure that ended the run, if one did; cmd maps it like any other.
  std::exception_ptr failure;
  int exit_code = 0;  ///< of SyncRequest::exit_code

  [[nodiscard]] planner::Ops written() const;         ///< rows, of all rounds
  [[nodiscard]] std::uint64_t superseded() const;     ///< rows left to the next window
  [[nodiscard]] std::uint64_t units_applied() const;  ///< of all rounds
  [[nodiscard]] std::uint64_t units_stale() const;    ///< still, after the last round
  /// The first plan of this run; nullptr: it made none.
  [[nodiscard]] const SyncRound* first_plan() const;
  /// Why audit rows were not written; empty: they were.
  [[nodiscard]] std::vector<std::string> audit_problems() const;
  /// Spokes that could not be reached and were left out, in a plan or its apply: `group@spoke`.
  [[nodiscard]] std::set<std::string> missing_spokes() const;
  /// All that was to be synced is as its source, but for what spokes that were left out hold.
  [[nodiscard]] bool is_success() const;
};

/// Addresses of tables with a part in a unit that `result` found stale; `plan` has its chunks.
[[nodiscard]] std::set<std::string> stale_tables(const planner::Plan& plan,
                                                 const ApplyResult& result);

/// What each table came to, by the last plan that it was in.
[[nodiscard]] TableTallies last_tallies(const std::vector<SyncRound>& rounds);

/// Two attempts at the same plan: what the first one wrote is found done by the second.
[[nodiscard]] ApplyResult together(const ApplyResult& first, ApplyResult second);

[[nodiscard]] bool is_applyable(const planner::Plan& plan);
/// Throws Refusal{limit} for a plan that is not applyable, or that waits for a person.
void refuse_unfit(const SyncRound& round);
void refuse_unapproved(const planner::Manifest& manifest, const SyncRound& round);

}  // namespace rowplan::executor
