// A plan as one JSON document: plan.json with its digest, and in each table its changes.
#pragma once

#include <ostream>

#include "planner/plan_reader.h"

namespace rowplan::cmd {

/// Streams. Throws PlanError and FileError while it reads the changes.
void render_json(const planner::LoadedPlan& plan, std::ostream& out);

}  // namespace rowplan::cmd
