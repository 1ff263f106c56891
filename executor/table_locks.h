// GET_LOCK for every target table, because two runners may have two state files.
#pragma once

#include <string>
#include <vector>

#include "mysql/session.h"

namespace rowplan::executor {

/// A lock per table on one server, held on a session of its own; gone with it.
class TableLocks {
 public:
  /// Takes all or throws planner::Refusal{locked}, which says who holds one.
  TableLocks(mysql::Session session, const std::vector<std::string>& tables);
  /// Throws planner::Refusal{locked} if one was lost, with its session, say.
  void check();

 private:
  mysql::Session session_;
  std::vector<std::string> names_;
};

}  // namespace rowplan::executor
