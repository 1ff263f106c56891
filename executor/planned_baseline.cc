#include "executor/planned_baseline.h"

#include <algorithm>
#include <map>
#include <string>

#include "planner/refusal.h"
#include "planner/two_way_table.h"
#include "state/baseline_intents.h"

namespace rowplan::executor {

namespace {

using planner::PlanTable;
using planner::Refusal;
using planner::RefusalReason;

constexpr const char* kPlanAgain =
    "plan again; without a baseline a sync is a union, which deletes nothing";

bool is_two_way(const PlanTable& table) { return table.two_way(); }
bool had_baseline(const PlanTable& table) {
  return table.two_way() && !table.baseline->from.empty();
}

}  // namespace

std::optional<state::BaselineInfo> planned_baseline(const planner::Plan& plan,
                                                    const PlanTable& table,
                                                    const planner::TablePair& pair,
                                                    state::Store& store) {
  auto info = state::Baselines(store).find_fitting(table.address, planner::baseline_fits(pair));
  const std::string& from = table.baseline->from;
  if (info && info->plan_id == plan.run.plan_id) return info;
  if (!info && !from.empty())
    throw Refusal(RefusalReason::state,
                  "the baseline of " + table.address + ", with which the plan was made, is gone",
                  kPlanAgain);
  if (info && planner::baseline_name(*info) != from)
    throw Refusal(RefusalReason::stale,
                  "the baseline of " + table.address +
                      " is not the one with which the plan was made: the plan " + info->plan_id +
                      " was applied since",
                  "plan again");
  // Without a baseline, nothing else tells that the rows are no longer those that were read.
  const auto newest =
      info ? std::nullopt : state::BaselineIntents(store).newest_plan(table.address);
  if (newest && *newest > plan.run.plan_id)
    throw Refusal(RefusalReason::stale,
                  table.address + ": the plan " + *newest + ", which is newer, was applied in part",
                  "plan again");
  return info;
}

void need_state_file(const planner::Plan& plan, const std::filesystem::path& path) {
  if (!std::any_of(plan.tables.begin(), plan.tables.end(), had_baseline)) return;
  if (std::filesystem::exists(path)) return;
  throw Refusal(
      RefusalReason::state,
      "there is no state file " + path.string() + ", and the plan was made with the baseline in it",
      kPlanAgain);
}

void look_at_baselines(const planner::Plan& plan, const std::vector<planner::TablePair>& pairs,
                       const std::filesystem::path& path) {
  if (!std::any_of(plan.tables.begin(), plan.tables.end(), is_two_way)) return;
  need_state_file(plan, path);
  auto store = state::Store::open(path, state::OpenMode::read_only);
  if (!store) return;
  for (std::size_t t = 0; t < plan.tables.size(); ++t)
    if (plan.tables[t].two_way())
      static_cast<void>(planned_baseline(plan, plan.tables[t], pairs[t], *store));
}

}  // namespace rowplan::executor
