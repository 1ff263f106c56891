// Reading a source and its replica at one position, so that lag is never taken for a difference.
#pragma once

#include <functional>
#include <string>

#include "mysql/session.h"

namespace rowplan::planner {

/// How the target of a pair replicates from its source.
struct ReplicaReading {
  std::string channel;               ///< the target's
  std::function<bool()> called_off;  ///< asked while it waits; true ends it
};

/// Waits until the target has applied all that the snapshot which is open on the source can hold.
/// Throws Refusal{temporary} where that takes more than ten minutes, Refusal{limit} where
/// replication stands still, Refusal{access} where the position may not be asked for, Interrupted.
void wait_for_replica(const ReplicaReading& reading, mysql::Session& source,
                      mysql::Session& target);

}  // namespace rowplan::planner
