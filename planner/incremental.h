// How an incremental table is read: which column tells what changed, and how far it is trusted.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "planner/instant.h"

namespace rowplan::planner {

/// [pair.NAME.incremental]; a table's own keys stand over those of its pair.
struct Incremental {
  std::string column;
  std::optional<Instant> initial;  ///< rows before it are outside, on all members
  std::chrono::milliseconds overlap{std::chrono::minutes(10)};
  std::chrono::milliseconds settle{std::chrono::seconds(5)};
  std::chrono::milliseconds full_every{std::chrono::hours(24)};
  std::optional<std::chrono::seconds> time_zone;  ///< of a DATETIME's values, ahead of UTC
  std::string initial_text;                       ///< as written, until the time zone is known
};

}  // namespace rowplan::planner
