// Keeps the baselines of two-way tables in step with what is committed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "executor/apply_sessions.h"
#include "executor/missing_units.h"
#include "executor/observer.h"
#include "executor/unit_work.h"
#include "planner/baseline_moves.h"
#include "planner/merge_shape.h"
#include "planner/plan_reader.h"
#include "planner/table_pair.h"
#include "state/baselines.h"
#include "state/store.h"

namespace rowplan::executor {

/// Of all two-way tables of a plan. A baseline moves with each unit. Where there is none yet, it is
/// made once all units are in: half of one would turn rows that all have into new ones. All throw
/// StateError, PlanError.
class BaselineKeeper {
 public:
  /// `pairs` in the order of the plan's tables. All must outlive it. Throws planner::Refusal{state,
  /// stale} where a baseline is not the one that was planned with.
  BaselineKeeper(const planner::LoadedPlan& plan, const std::vector<planner::TablePair>& pairs,
                 state::Store& store);

  /// What the unit is about to make of rows.
  void intend(const UnitWork& unit);
  /// Nothing of what was intended of the unit was written.
  void withdraw(std::uint64_t unit);
  /// All members hold what the unit gave them, or gives.
  void unit_in(const UnitWork& unit);

  /// After the last unit: what waited for none of them, and of each table whose units are all in,
  /// what its members have come to. Throws mysql::Error, too.
  void finish(const MissingUnits& missing, ApplySessions& sessions, ApplyObserver& observer);

 private:
  struct Kept {
    std::size_t table = 0;  // of the plan
    planner::MergeShape shape;
    state::BaselineMembers members;
    unsigned tombstone_days = 0;
    std::optional<state::BaselineInfo> info;
    std::unique_ptr<planner::BaselineMovesReader> moves;  // null: there are none
  };

  [[nodiscard]] const planner::PlanTable& table_of(const Kept& kept) const;
  [[nodiscard]] Kept* kept_of(const TableWork& work);
  [[nodiscard]] planner::ChunkMoves moves_of(Kept& kept, const planner::PlanChunk& chunk);
  void move(Kept& kept, const std::vector<state::BaselineChange>& changes);
  [[noreturn]] void refuse_moved(const Kept& kept) const;
  void move_rest(Kept& kept);
  void make(Kept& kept);
  void settle_intents(Kept& kept);
  void keep_members(Kept& kept);
  using Positions = std::map<std::string, std::string>;  // by server
  [[nodiscard]] Positions positions_of(const MissingUnits& missing, ApplySessions& sessions) const;
  void keep_positions(const Kept& kept, const Positions& positions);
  void move_watermarks(const Kept& kept, ApplyObserver& observer);

  const planner::LoadedPlan& plan_;
  const std::vector<planner::TablePair>& pairs_;
  state::Store& store_;
  state::PlanRef ref_;
  std::map<std::size_t, Kept> kept_;  // by table
};

}  // namespace rowplan::executor
