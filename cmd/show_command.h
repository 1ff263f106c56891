// `rowplan show`: a plan for eyes and scripts.
#pragma once

#include "cmd/context.h"

namespace rowplan::cmd {

/// Throws PlanError for a plan that is not whole, FileError.
[[nodiscard]] ExitCode run_show(const ShowOptions& options, const Context& context);

}  // namespace rowplan::cmd
