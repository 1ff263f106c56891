// A session on each member of a pair.
#pragma once

#include "mysql/session.h"

namespace rowplan::planner {

struct MemberSessions {
  mysql::Session& source;
  mysql::Session& target;

  /// A new snapshot on each, as near to each other as can be without a lock.
  void open_snapshots() const {
    // Ends the one before.
    source.begin_consistent_snapshot();
    target.begin_consistent_snapshot();
  }
  void close_snapshots() const {
    source.rollback();
    target.rollback();
  }
};

}  // namespace rowplan::planner
