// `rowplan resolve`: decides conflicts of a plan, offline.
#pragma once

#include "cmd/context.h"

namespace rowplan::cmd {

/// Throws PlanError for a plan that is not whole, Refusal{usage} where nothing is decided,
/// FileError.
[[nodiscard]] ExitCode run_resolve(const ResolveOptions& options, const Context& context);

}  // namespace rowplan::cmd
