// `rowplan state list|show`: looks into the state file.
#pragma once

#include "cmd/context.h"

namespace rowplan::cmd {

/// Throws ManifestRejected, StateError.
[[nodiscard]] ExitCode run_state(const StateOptions& options, const Context& context);

}  // namespace rowplan::cmd
