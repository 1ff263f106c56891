// `rowplan plan`: compares, and writes a plan.
#pragma once

#include "cmd/context.h"

namespace rowplan::cmd {

/// Throws what planner::make_plan does, and ManifestRejected.
[[nodiscard]] ExitCode run_plan(const PlanOptions& options, const Context& context);

}  // namespace rowplan::cmd
