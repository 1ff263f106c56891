// What the work of a pair waits for, and what stops it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rowplan::planner {

/// A status variable of a server, and the value from which on it is too much.
struct LoadLimit {
  std::string name;
  std::uint64_t limit = 0;
  friend bool operator==(const LoadLimit&, const LoadLimit&) = default;
};

/// A span of each day, in minutes from midnight; over midnight where `to` is less than `from`.
struct DayWindow {
  unsigned from = 0;
  unsigned to = 0;  ///< no longer part of it
  [[nodiscard]] bool holds(unsigned minute) const noexcept {
    return from < to ? minute >= from && minute < to : minute >= from || minute < to;
  }
  friend bool operator==(const DayWindow&, const DayWindow&) = default;
};

/// A table is read in one snapshot after the other, where it can be.
inline constexpr std::chrono::minutes kSnapshotAge{5};

/// [pair.NAME.throttle]. Paths are as written: relative to the manifest's directory.
struct ThrottleSpec {
  std::optional<std::chrono::milliseconds> max_lag;
  std::vector<std::string> replicas;  ///< servers of the manifest; empty: those that are found
  std::vector<LoadLimit> max_load;
  std::vector<LoadLimit> critical_load;
  std::string pause_file;
  std::string panic_file;
  unsigned nice_ratio = 0;  ///< rests for so many times as long as the last units took
  std::vector<DayWindow> not_between;
  std::chrono::milliseconds max_snapshot_age = kSnapshotAge;
};

}  // namespace rowplan::planner
