#include "planner/catch_up.h"

#include "mysql/replica_wait.h"
#include "planner/planner.h"
#include "planner/refusal.h"

namespace rowplan::planner {

void CatchUp::wait(mysql::Session& source, mysql::Session& replica) const {
  const auto stopped = [this] { return stop_ != nullptr && stop_->load(); };
  const mysql::ReplicaWait result = mysql::wait_for_position(
      replica, channel_, mysql::read_source_position(source), limit_, stopped);
  if (std::holds_alternative<mysql::PositionReached>(result)) return;
  if (stopped()) throw Interrupted{};
  if (std::holds_alternative<mysql::PositionTimedOut>(result))
    throw Refusal(RefusalReason::temporary,
                  "replica '" + target_ + "' has not come within " +
                      std::to_string(std::chrono::ceil<std::chrono::seconds>(limit_).count()) +
                      " s to where its source was",
                  "let it catch up, then run again");
  if (const auto* still = std::get_if<mysql::ApplierStopped>(&result))
    throw Refusal(RefusalReason::limit,
                  std::string("the ") + (still->receiver ? "receiver" : "applier") +
                      " of replica '" + target_ + "' stands still" +
                      (still->error == 0 ? "" : ", with error " + std::to_string(still->error)),
                  "start it; where it stopped at an error, settle that first");
  throw Refusal(RefusalReason::limit,
                "replica '" + target_ + "' cannot be asked how far it is in its source's log",
                "rowplan validate --connect tells how the two are linked");
}

}  // namespace rowplan::planner
