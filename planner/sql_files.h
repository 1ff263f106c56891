// Writes sql/<server>.sql: a plan as SQL that a person may read, and the mysql client run.
#pragma once

#include <vector>

#include "planner/plan.h"
#include "planner/plan_directory.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// One file for each server that is written. The changes files must be closed. True: every value
/// stands in them (plan.sql_complete). `pairs` in the order of plan.tables.
[[nodiscard]] bool write_sql_files(PlanDirectory& directory, const Plan& plan,
                                   const std::vector<TablePair>& pairs);

}  // namespace rowplan::planner
