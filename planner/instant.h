// A point in time as incremental syncs need it: to the microsecond, in UTC, as text in plans and
// state.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rowplan::planner {

/// Microseconds since 1970 in UTC.
using Instant = std::chrono::sys_time<std::chrono::microseconds>;

/// `2026-11-21 12:00:00.000000` with `digits` (0 to 6) of the fraction; the rest is cut off.
[[nodiscard]] std::string to_text(Instant instant, unsigned digits = 6);

/// What to_text wrote; also only a date, a T between date and time, and at the end a Z or an offset
/// (`+05:45`) from UTC. Without one the time is taken to be `offset` ahead of UTC. nullopt: no
/// time.
[[nodiscard]] std::optional<Instant> parse_instant(std::string_view text,
                                                   std::chrono::seconds offset = {});

/// `+05:45`, `-03:00`: at most 14 hours either way. nullopt: anything else, names of zones too.
[[nodiscard]] std::optional<std::chrono::seconds> parse_offset(std::string_view text);

/// Cut to `digits` of the fraction, towards the past.
[[nodiscard]] Instant floor_to(Instant instant, unsigned digits);

}  // namespace rowplan::planner
