// Times of the state file, read back, and ages.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace rowplan::cmd {

/// What state::rfc3339_utc wrote: `2025-03-01T09:30:00.125Z`. nullopt: anything else.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> parse_time(
    std::string_view text);

/// What the planner writes as a watermark: `2025-03-01 09:30:00` or with a fraction of up to six
/// digits, in UTC. nullopt: anything else.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> parse_watermark(
    std::string_view text);

/// `12s`, `5m`, `3h 5m`, `2d 4h`; 0s for what lies ahead.
[[nodiscard]] std::string age_text(std::chrono::system_clock::duration age);

}  // namespace rowplan::cmd
