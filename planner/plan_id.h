// Names of plans: ULIDs, so that they sort by the time at which they were made.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace rowplan::planner {

/// 26 characters: 48 bits of milliseconds, 80 random bits.
[[nodiscard]] std::string new_plan_id(std::chrono::system_clock::time_point now);

/// Has this text the form of a plan's id?
[[nodiscard]] bool is_plan_id(std::string_view text) noexcept;

}  // namespace rowplan::planner
