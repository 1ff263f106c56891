// What the chunks of a unit hold after each of its steps.
#pragma once

#include <cstdint>
#include <vector>

#include "planner/plan.h"
#include "planner/unit_changes.h"

namespace rowplan::planner {

/// What each change of a table adds to the hash of its chunk on the target, in the order of its
/// changes file; modulo 2^64, so that taking away is adding too.
using ChangeSums = std::vector<ChunkHash>;

/// Cuts `unit` into steps of `max_rows` changes at most, and writes `states` into its chunks.
/// One that comes to one step is left as it is. False: it cannot be cut (see split_unit), and
/// nothing is changed. Throws PlanError.
[[nodiscard]] bool split_into_states(Plan& plan, PlanUnit& unit, std::uint64_t max_rows,
                                     UnitChanges& changes,
                                     const std::vector<const ChangeSums*>& sums);

}  // namespace rowplan::planner
