// A session on each member of a pair.
#pragma once

#include "mysql/session.h"
#include "planner/catch_up.h"

namespace rowplan::planner {

struct MemberSessions {
  mysql::Session& source;
  mysql::Session& target;
  /// Of a replica and its source: the target's snapshot has all that the source's has. Else null.
  const CatchUp* catch_up = nullptr;

  /// A new snapshot on each, as near to each other as can be without a lock; that of a replica
  /// holds all that the source's does. Throws as CatchUp::wait, too.
  void open_snapshots() const {
    // Ends the one before.
    source.begin_consistent_snapshot();
    if (catch_up != nullptr) {
      // An old snapshot would keep the applier from altering the tables that it has read.
      target.rollback();
      catch_up->wait(source, target);
    }
    target.begin_consistent_snapshot();
  }
  void close_snapshots() const {
    source.rollback();
    target.rollback();
  }
};

}  // namespace rowplan::planner
