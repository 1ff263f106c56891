// Times of the state file, read back.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace rowplan::cmd {

/// What state::rfc3339_utc wrote: `2025-03-01T09:30:00.125Z`. nullopt: anything else.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> parse_time(
    std::string_view text);

/// `12s`, `5m`, `3h 5m`, `2d 4h`; 0s for what lies ahead.
[[nodiscard]] std::string age_text(std::chrono::system_clock::duration age);

}  // namespace rowplan::cmd
