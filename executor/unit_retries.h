// A unit is tried again as a whole, while that may help.
#pragma once

#include <functional>

#include "executor/apply_sessions.h"
#include "executor/observer.h"
#include "executor/unit_result.h"
#include "executor/unit_work.h"

namespace rowplan::executor {

/// Closes what writes to the unit's servers: their transactions are rolled back.
void drop_writers(const UnitWork& unit, ApplySessions& sessions) noexcept;

/// Tries until it is known what became of the unit, at most six times, each after twice the time of
/// the one before. What a server refused, and another attempt may not change, is in the result.
/// Throws what `attempt` throws, but for mysql::Error.
[[nodiscard]] UnitResult with_retries(const UnitWork& unit, ApplySessions& sessions,
                                      ApplyObserver& observer,
                                      const std::function<UnitResult()>& attempt);

}  // namespace rowplan::executor
