#include "executor/verification.h"

#include "executor/executor.h"
#include "executor/observer.h"
#include "executor/reading_pause.h"
#include "planner/planner.h"

namespace rowplan::executor {

namespace {

/// A throttle is waited for here too; all else of the comparison is told by its result.
class Waits final : public planner::PlanObserver {
 public:
  explicit Waits(ApplyObserver& observer) : observer_(observer) {}
  void waiting(const std::string& reason) override { observer_.waiting(reason); }
  void warning(const std::string& message) override { observer_.warning(message); }

 private:
  ApplyObserver& observer_;
};

}  // namespace

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
  request.pause = reading_pause(*manifest, base_dir, stop, observer);
  Verification verified;
  verified.plan = planner::compare_only(request, false, observer);
  for (planner::PlanTable& table : verified.plan.tables) table.chunks.clear();
  verified.plan.units.clear();
  verified.equal = verified.plan.complete && verified.plan.applyable &&
                   verified.plan.summary.tables_changed == 0;
  return verified;
}

void verify(const ApplyRequest& request, const planner::Plan& plan, ApplyResult& result,
            ApplyObserver& observer) {
  if (!request.verify_after || result.applied == 0 || !is_success(result)) return;
  Waits waits(observer);
  try {
    result.verified = compare_again(request.manifest, request.base_dir, changed_tables(plan),
                                    request.stop, waits);
  } catch (...) {
    result.failure = std::current_exception();
  }
}

}  // namespace rowplan::executor
