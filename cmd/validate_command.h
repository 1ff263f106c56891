// `rowplan validate`: the manifest, and with --connect what it names.
#pragma once

#include "cmd/context.h"

namespace rowplan::cmd {

/// Throws ManifestRejected, and with --connect what planner::inspect does.
[[nodiscard]] ExitCode run_validate(const ValidateOptions& options, const Context& context);

}  // namespace rowplan::cmd
