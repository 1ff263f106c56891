#include "cmd/render_markdown.h"

#include <optional>

#include "planner/summary_markdown.h"

namespace rowplan::cmd {

std::string render_markdown(const planner::LoadedPlan& plan, std::uint64_t limit) {
  const planner::SampleChanges sample = [&](const planner::PlanTable& table,
                                            const planner::ChangeVisitor& visitor) {
    planner::ChangeReader reader(plan, table);
    while (const std::optional<planner::Change> change = reader.next()) {
      if (!visitor(*change)) return;
    }
  };
  // More lines than bytes do not fit in any case.
  const std::size_t rows = limit == 0 ? planner::kSummaryBytesMax : limit;
  return planner::summary_markdown(plan.plan, sample, rows,
                                   "Digest: <code>" + plan.digest + "</code>");
}

}  // namespace rowplan::cmd
