// Is a two-way table's baseline the one that its plan was made with?
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "planner/plan_reader.h"
#include "planner/table_pair.h"
#include "state/baselines.h"
#include "state/store.h"

namespace rowplan::executor {

/// It, as this plan's own units may have moved it already; nullopt: there was none, and is none.
/// Throws planner::Refusal{state} where it is gone, {stale} where another run has moved or made it,
/// or has written a part of what would make it; StateError where it fits another job.
[[nodiscard]] std::optional<state::BaselineInfo> planned_baseline(const planner::Plan& plan,
                                                                  const planner::PlanTable& table,
                                                                  const planner::TablePair& pair,
                                                                  state::Store& store);

/// Throws planner::Refusal{state} where the plan was made with a baseline, and there is no state
/// file to hold one. Before the file is made.
void need_state_file(const planner::Plan& plan, const std::filesystem::path& path);

/// Of all tables, for a run that does not hold the state. `pairs` in the order of the plan's
/// tables. Throws as planned_baseline and need_state_file.
void look_at_baselines(const planner::Plan& plan, const std::vector<planner::TablePair>& pairs,
                       const std::filesystem::path& path);

}  // namespace rowplan::executor
