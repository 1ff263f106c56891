// Reads a two-way table on all its members and merges them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "planner/baseline_moves.h"
#include "planner/connections.h"
#include "planner/merge_chunks.h"
#include "planner/table_compare.h"
#include "planner/window.h"
#include "state/baselines.h"

namespace rowplan::planner {

/// Where the rows of a two-way table come from, and what is known of them.
struct TwoWayTask {
  const TablePair& pair;
  const PairCatalog& catalog;
  /// Of each member: one that reads, and one that asks meanwhile.
  std::vector<mysql::Session*> readers;
  std::vector<mysql::Session*> askers;
  state::Store* store = nullptr;                  ///< nullptr: no state file yet
  std::map<std::string, std::string> identities;  ///< by server
  BaselineMovesWriter* moves = nullptr;           ///< nullptr: no plan is written
  const HeldBack& held;
  const TableWindows& windows;  ///< of the members: with a `low`, what is outside is not read
};

/// What compare_two_way hands back beside a TableOutcome.
struct TwoWayOutcome {
  TableOutcome table;
  PlanBaseline baseline;
  std::map<std::string, PlanMember> on;
  std::uint64_t unresolved = 0;
  std::vector<TieFacts> ties;  ///< of each view
};

/// The sessions are the caller's alone meanwhile. There is no second reading: what a member has by
/// the time of the apply is judged then, and nothing goes from one member to the other but by
/// rowplan. Throws mysql::Error; Refusal{state} where a member does not hold what it held at the
/// last sync; StateError.
[[nodiscard]] TwoWayOutcome compare_two_way(const TwoWayTask& task, ChangeSink& sink,
                                            const CompareOptions& options, PlanObserver& observer);

}  // namespace rowplan::planner
