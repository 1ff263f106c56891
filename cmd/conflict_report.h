// The conflicts of a run, for its hook on_conflict: so that both parties can be told.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "executor/hooks.h"

namespace rowplan::cmd {

/// {"plans", "conflicts", "left_out"}, as docs/hooks.md has it, of the tables of the hook's pair,
/// group or server. `directories`: of the run's plans. At most kConflictsTold conflicts, in at most
/// kConflictBytes; a plan that cannot be read is told with why.
[[nodiscard]] nlohmann::ordered_json conflict_report(const std::vector<std::string>& directories,
                                                     const executor::HookScope& scope);

inline constexpr std::size_t kConflictsTold = 1000;
inline constexpr std::size_t kConflictBytes = 1U << 20U;

}  // namespace rowplan::cmd
