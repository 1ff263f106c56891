// Compares again what an apply wrote (policy.verify_after).
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "planner/manifest.h"
#include "planner/observer.h"
#include "planner/plan.h"

namespace rowplan::executor {

struct ApplyRequest;
struct ApplyResult;
class ApplyObserver;

struct Verification {
  bool equal = false;
  planner::Plan plan;  ///< what would have to change; without chunks
};

/// Addresses of the tables that a plan changes.
[[nodiscard]] std::vector<std::string> changed_tables(const planner::Plan& plan);

/// All rows of these tables. Throws as planner::compare_only.
[[nodiscard]] Verification compare_again(const planner::Manifest* manifest,
                                         const std::string& base_dir,
                                         const std::vector<std::string>& addresses,
                                         const std::atomic<bool>* stop,
                                         planner::PlanObserver& observer);

/// Compares again what an apply wrote, if its request says so, and adds to the result what came of
/// it.
void verify(const ApplyRequest& request, const planner::Plan& plan, ApplyResult& result,
            ApplyObserver& observer);

}  // namespace rowplan::executor
