#include "planner/catch_up.h"

#include "mysql/replica_wait.h"
#include "planner/planner.h"
#include "planner/refusal.h"

namespace rowplan::planner {

void CatchUp::wait(mysql::Session& source, mysql::Session& replica) const {
  const auto stopped = [this] { return called_off_ && called_off_(); };
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
                      (still->error == 0 ? "" : ", with error " + std::to_string(still->error)) +
                      ": what it has not applied would be taken for a difference",
                  "start it; where it stopped at an error, settle that first");
  throw Refusal(RefusalReason::access,
                "the position of '" + source.server() + "' that replica '" + target_ +
                    "' should reach cannot be asked for",
                "see that it has a binary log; on MySQL without GTIDs, GRANT REPLICATION CLIENT "
                "ON *.*");
}

}  // namespace rowplan::planner
