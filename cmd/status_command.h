// `rowplan status`: when each pair last went well.
#pragma once

#include "cmd/context.h"

namespace rowplan::cmd {

/// Throws ManifestRejected, StateError.
[[nodiscard]] ExitCode run_status(const StatusOptions& options, const Context& context);

}  // namespace rowplan::cmd
