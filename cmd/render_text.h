// A plan for the terminal.
#pragma once

#include <cstdint>
#include <ostream>

#include "planner/plan_reader.h"

namespace rowplan::cmd {

struct RenderTextOptions {
  std::uint64_t limit = 20;  ///< changes shown for each table; 0: all
  bool color = false;
};

/// Header, counts, findings, changes, verdict and the command that applies the plan. Streams; data
/// are escaped. Throws PlanError and FileError while it reads the changes.
void render_text(const planner::LoadedPlan& plan, const RenderTextOptions& options,
                 std::ostream& out);

}  // namespace rowplan::cmd
