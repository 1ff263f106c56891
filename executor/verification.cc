#include "executor/verification.h"

#include "planner/planner.h"

namespace rowplan::executor {

std::vector<std::string> changed_tables(const planner::Plan& plan) {
  std::vector<std::string> addresses;
  for (const planner::PlanTable& table : plan.tables)
    if (!table.chunks.empty()) addresses.push_back(table.address);
  return addresses;
}

Verification compare_again(const planner::Manifest* manifest, const std::string& base_dir,
                           const std::vector<std::string>& addresses, const std::atomic<bool>* stop,
                           planner::PlanObserver& observer) {
  planner::PlanRequest request;
  request.manifest = manifest;
  request.base_dir = base_dir;
  request.selection.only = addresses;
  request.stop = stop;
  Verification verified;
  verified.plan = planner::compare_only(request, false, observer);
  for (planner::PlanTable& table : verified.plan.tables) table.chunks.clear();
  verified.plan.units.clear();
  verified.equal = verified.plan.complete && verified.plan.applyable &&
                   verified.plan.summary.tables_changed == 0;
  return verified;
}

}  // namespace rowplan::executor
