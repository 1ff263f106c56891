// `rowplan check`: compares, and writes nothing but its report.
#pragma once

#include "cmd/context.h"
#include "planner/plan.h"

namespace rowplan::cmd {

/// 2 where rows differ; 0 only where everything selected was read to its end and is equal. `fast`:
/// a comparison that stopped at a difference is complete enough.
[[nodiscard]] ExitCode exit_code_of_check(const planner::Plan& plan, bool fast) noexcept;

/// Throws what planner::compare_only does, and ManifestRejected.
[[nodiscard]] ExitCode run_check(const CheckOptions& options, const Context& context);

}  // namespace rowplan::cmd
