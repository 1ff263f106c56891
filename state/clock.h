// Where the state gets its times from.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace rowplan::state {

/// Injected, so that tests are the same every day.
using Clock = std::function<std::chrono::system_clock::time_point()>;

/// RFC 3339, UTC, milliseconds: "2025-03-01T09:30:00.125Z". Sorts as text. Rounds down.
[[nodiscard]] std::string rfc3339_utc(std::chrono::system_clock::time_point at);

}  // namespace rowplan::state
