// The limits of a manifest, judged on a whole plan.
#pragma once

#include "planner/finding.h"
#include "planner/manifest.h"
#include "planner/plan.h"

namespace rowplan::planner {

/// Findings of severity error for each limit that the table's changes go beyond.
void judge_limits(const PlanTable& table, const TableOptions& options, Findings& findings);

}  // namespace rowplan::planner
