// A plan as Markdown: its summary.md, and the digest.
#pragma once

#include <cstdint>
#include <string>

#include "planner/plan_reader.h"

namespace rowplan::cmd {

/// At most planner::kSummaryBytesMax bytes. `limit`: changes of each table at most; 0: as many as
/// fit. Throws PlanError and FileError while it reads the changes.
[[nodiscard]] std::string render_markdown(const planner::LoadedPlan& plan, std::uint64_t limit);

}  // namespace rowplan::cmd
