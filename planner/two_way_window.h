// The rows of a two-way table that changed on some member of late.
#pragma once

#include <vector>

#include "planner/baseline_rows.h"
#include "planner/merge_walk.h"
#include "planner/two_way_compare.h"
#include "state/baselines.h"

namespace rowplan::planner {

/// As merge_walk, for the keys of the rows that are in their members' windows (`task.windows`) and
/// of what earlier runs left alone: each is looked up on all members and in the baseline, and told
/// of to `visitor` but for rows that the merge would delete, which wait for a comparison of all
/// rows. The readers are in their snapshots. Throws mysql::Error, StateError.
[[nodiscard]] bool merge_windows(const TwoWayTask& task, const MergeShape& shape,
                                 const state::BaselineInfo& baseline,
                                 const std::vector<KeyedIntents>& intents, MergeVisitor& visitor);

}  // namespace rowplan::planner
