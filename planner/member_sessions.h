// A session on each member of a pair.
#pragma once

#include "mysql/session.h"
#include "planner/replica_reading.h"

namespace rowplan::planner {

struct MemberSessions {
  mysql::Session& source;
  mysql::Session& target;
  const ReplicaReading* replica = nullptr;  ///< not null: the target replicates from the source

  /// A new snapshot on each, as near to each other as can be without a lock; that of a replica
  /// holds all that the source's does. Throws as wait_for_replica, too.
  void open_snapshots() const {
    // Ends the one before.
    source.begin_consistent_snapshot();
    if (replica != nullptr) {
      // An old snapshot would keep the applier from altering the tables that it has read.
      target.rollback();
      wait_for_replica(*replica, source, target);
    }
    target.begin_consistent_snapshot();
  }
  void close_snapshots() const {
    source.rollback();
    target.rollback();
  }
};

}  // namespace rowplan::planner
