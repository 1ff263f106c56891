// What the members of a two-way table had at their last syncs, and what of it stands against
// merging them now.
#pragma once

#include <cstdint>
#include <list>
#include <span>
#include <vector>

#include "planner/baseline_rows.h"
#include "planner/merge_walk.h"
#include "planner/two_way_compare.h"
#include "state/baselines.h"
#include "state/behind_lists.h"

namespace rowplan::planner {

/// A backup that was put back has lost rows that nobody deleted. Throws Refusal{state} where a
/// member is another server, or does not hold what it held.
void need_same_members(const TwoWayTask& task, const state::BaselineInfo& baseline);

/// Rows that are gone everywhere else but here nobody deleted one by one. `had`: how many rows each
/// member had at its last sync; `empty`: has it none now? Throws Refusal{state}.
void need_not_emptied(const TwoWayTask& task, const std::vector<std::uint64_t>& had,
                      const std::vector<bool>& empty);

/// What the members that missed syncs had.
class MemberPasts {
 public:
  /// All but `task` and `findings` must outlive it. Throws Refusal{state} where a member was away
  /// for too long, StateError.
  MemberPasts(const TwoWayTask& task, const MergeShape& shape, const state::BaselineInfo& baseline,
              Findings& findings);

  [[nodiscard]] std::span<const MemberPast> members() const { return members_; }

 private:
  std::list<BehindRows> behind_;
  std::vector<MemberPast> members_;
};

}  // namespace rowplan::planner
