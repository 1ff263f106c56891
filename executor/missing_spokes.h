// Spokes of groups that are not there when a plan is applied.
#pragma once

#include <string>
#include <vector>

#include "planner/connections.h"
#include "planner/job.h"
#include "planner/plan_reader.h"

namespace rowplan::executor {

/// What of a plan was left out.
struct LeftOut {
  std::vector<std::string> spokes;  ///< `group@spoke`
  std::uint64_t units = 0;
};

/// Takes the tables and units of spokes out of the plan, and out of `jobs` of its tables, that
/// cannot be reached and that on_missing = "skip" lets go; of a two-way group all that was planned
/// with them. Throws mysql::Error where that would
/// leave no table, mysql::IdentityError for another server than was planned.
[[nodiscard]] LeftOut leave_out_missing(const planner::Manifest& manifest,
                                        planner::Connections& connections,
                                        planner::LoadedPlan& loaded,
                                        std::vector<planner::TableJob>& jobs);

}  // namespace rowplan::executor
