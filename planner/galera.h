// What a Galera cluster can commit.
#pragma once

#include <map>
#include <string>

#include "mysql/facts.h"
#include "planner/plan.h"

namespace rowplan::planner {

/// A finding of severity error for each unit that has more changes than a node takes in one
/// transaction (wsrep_max_ws_rows). Looks at units and at tables with their chunks. What a unit
/// weighs in bytes (wsrep_max_ws_size) only COMMIT tells: it fails, and the unit is rolled back.
void judge_galera(Plan& plan, const std::map<std::string, mysql::Facts>& servers);

}  // namespace rowplan::planner
