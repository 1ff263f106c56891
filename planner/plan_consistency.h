// Do the parts of a plan fit each other? A digest shows damage, not a plan that was made wrong.
#pragma once

#include "planner/plan.h"

namespace rowplan::planner {

/// Throws PlanError, with the place: order of tables, chunks and files, counts, members, units.
void check_consistency(const Plan& plan);

}  // namespace rowplan::planner
