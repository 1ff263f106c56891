// Sizes, durations and shares as people write them in a manifest.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rowplan::planner {

/// `64 KiB`, `10 GB`, `512 B`: a whole number and a unit (B, kB, MB, GB, TB, KiB, MiB, GiB, TiB),
/// with or without a space. In bytes; nullopt: anything else, or more than 2^63-1.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

/// `500ms`, `5s`, `10m`, `24h`, `7d`, `1h30m`: whole numbers with units. nullopt: anything else, or
/// more than ten years.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// `10%`, `0.5%`: up to four decimals, at most 100%. In millionths.
[[nodiscard]] std::optional<std::uint32_t> parse_share(std::string_view text);

}  // namespace rowplan::planner
