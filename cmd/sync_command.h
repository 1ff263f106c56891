// `rowplan sync`: plan, policy, apply and state in one.
#pragma once

#include "cmd/cli.h"
#include "cmd/context.h"
#include "cmd/exit_code.h"
#include "executor/sync.h"

namespace rowplan::cmd {

/// `signal`: the one that stopped the run, or 0.
[[nodiscard]] ExitCode exit_code_of_sync(const executor::SyncResult& result, int signal);

[[nodiscard]] ExitCode run_sync(const SyncOptions& options, const Context& context);

}  // namespace rowplan::cmd
