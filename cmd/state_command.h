// `rowplan state ...`: looks into the state file, and after it.
#pragma once

#include "cmd/context.h"

namespace rowplan::cmd {

/// Throws ManifestRejected, StateError; Refusal{usage} for an address that the manifest does not
/// have; where the state is changed, Refusal{locked}.
[[nodiscard]] ExitCode run_state(const StateOptions& options, const Context& context);

}  // namespace rowplan::cmd
