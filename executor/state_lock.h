// The state's lock, or a refusal that says who has it.
#pragma once

#include <string>

#include "state/lock.h"

namespace rowplan::executor {

[[nodiscard]] std::string host_name();  ///< empty where the system does not tell

/// Waits for nobody. Throws planner::Refusal{locked}, StateError.
[[nodiscard]] state::Lock lock_state(const std::string& state_path, const std::string& verb);

}  // namespace rowplan::executor
