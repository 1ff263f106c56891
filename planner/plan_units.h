// Which chunks of a plan are committed together, and in how many steps.
#pragma once

#include <vector>

#include "planner/plan.h"
#include "planner/plan_directory.h"
#include "planner/ties.h"
#include "planner/unit_states.h"

namespace rowplan::planner {

/// Numbers the units of `plan`, whose tables and chunks are filled in, in the order of `pairs`; one
/// over max_unit_rows is cut into steps where all its tables say split_units, else it is a finding.
/// `directory` holds the changes files; nullptr: there are none (nothing is cut then). `sums`: of
/// each table. Throws PlanError, FileError.
void fill_units(Plan& plan, const std::vector<TablePair>& pairs, const std::vector<TiedTable>& ties,
                const std::vector<const ChangeSums*>& sums, const PlanDirectory* directory);

}  // namespace rowplan::planner
