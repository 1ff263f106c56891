// `rowplan unlock ID`: clears up after a run that was killed.
#pragma once

#include "cmd/context.h"

namespace rowplan::cmd {

/// 11 where the lock is held by a live process, 1 where there is no lock of this id. Throws
/// ManifestRejected, StateError.
[[nodiscard]] ExitCode run_unlock(const UnlockOptions& options, const Context& context);

}  // namespace rowplan::cmd
