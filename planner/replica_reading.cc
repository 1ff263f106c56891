#include "planner/replica_reading.h"

#include <chrono>
#include <variant>

#include "mysql/replica_wait.h"
#include "planner/planner.h"
#include "planner/refusal.h"

namespace rowplan::planner {

namespace {

constexpr std::chrono::minutes kAtMost{10};

}  // namespace

void wait_for_replica(const ReplicaReading& reading, mysql::Session& source,
                      mysql::Session& target) {
  const mysql::SourcePosition position = mysql::read_source_position(source);
  const mysql::ReplicaWait wait =
      mysql::wait_for_position(target, reading.channel, position, kAtMost, reading.called_off);
  if (std::holds_alternative<mysql::PositionReached>(wait)) return;
  const std::string name = "'" + target.server() + "'";
  if (std::holds_alternative<mysql::PositionTimedOut>(wait)) {
    if (reading.called_off && reading.called_off()) throw Interrupted{};
    throw Refusal(RefusalReason::temporary,
                  name + " has not caught up with '" + source.server() + "' within " +
                      std::to_string(kAtMost.count()) + " minutes",
                  "see why its applier is slow, and try again");
  }
  if (const auto* standing = std::get_if<mysql::ApplierStopped>(&wait))
    throw Refusal(
        RefusalReason::limit,
        std::string("the ") + (standing->receiver ? "receiver" : "applier") + " of " + name +
            " stands still" +
            (standing->error == 0 ? "" : ", with error " + std::to_string(standing->error)) +
            ": what it has not applied would be taken for a difference",
        "settle what stopped it, and start it");
  throw Refusal(RefusalReason::access,
                "the position of '" + source.server() + "' that " + name +
                    " should reach cannot be asked for",
                "see that it has a binary log; on MySQL without GTIDs, GRANT REPLICATION CLIENT "
                "ON *.*");
}

}  // namespace rowplan::planner
