// `rowplan state set-watermark|rebase|release|prune`: what a person does to the state.
#pragma once

#include <optional>

#include "cmd/context.h"
#include "planner/address.h"
#include "planner/manifest.h"

namespace rowplan::cmd {

/// `address`: of the options, read; none for `prune`. Each takes the state's lock, and all but
/// `release` and `prune` leave an entry in the history of runs. Throws Refusal{usage} for a value
/// that is none, Refusal{locked}, StateError, FileError.
[[nodiscard]] ExitCode change_state(const StateOptions& options,
                                    const std::optional<planner::Address>& address,
                                    const planner::Manifest& manifest, const Context& context);

}  // namespace rowplan::cmd
