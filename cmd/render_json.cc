#include "cmd/render_json.h"

#include "planner/plan_json.h"

namespace rowplan::cmd {

void render_json(const planner::LoadedPlan& plan, std::ostream& out) {
  planner::PlanJsonExtras extras;
  extras.digest = plan.digest;
  extras.changes = [&](const planner::PlanTable& table, const planner::TextSink& sink) {
    planner::ChangeReader reader(plan, table);
    bool first = true;
    while (const std::optional<planner::Change> change = reader.next()) {
      sink((first ? "\n        " : ",\n        ") + to_json_line(*change));
      first = false;
    }
    if (!first) sink("\n      ");
  };
  write_plan_json(
      plan.plan, [&](std::string_view text) { out << text; }, extras);
}

}  // namespace rowplan::cmd
