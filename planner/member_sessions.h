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
    close_snapshots();
    source.begin_consistent_snapshot();
    if (replica != nullptr) wait_for_replica(*replica, source, target);
    target.begin_consistent_snapshot();
  }
  void close_snapshots() const {
    source.rollback();
    target.rollback();
  }
};

}  // namespace rowplan::planner
