// `rowplan apply`: carries out a plan, or refuses.
#pragma once

#include "cmd/context.h"

namespace rowplan::cmd {

/// `signal`: the one that asked to stop, or 0.
[[nodiscard]] ExitCode exit_code_of_apply(const executor::ApplyResult& result,
                                          executor::OnStale on_stale, int signal);

/// Throws what executor::apply does, and ManifestRejected.
[[nodiscard]] ExitCode run_apply(const ApplyOptions& options, const Context& context);

}  // namespace rowplan::cmd
