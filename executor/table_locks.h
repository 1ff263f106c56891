// GET_LOCK for every target table, because two runners may have two state files.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "mysql/session.h"
#include "planner/connections.h"
#include "planner/plan.h"

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

/// The servers that the table's changes write.
[[nodiscard]] std::vector<std::string> written_servers(const planner::PlanTable& table);

/// Of all tables that the plan writes, by server; taken in one order by every run. Throws
/// planner::Refusal{locked}, mysql::Error.
[[nodiscard]] std::map<std::string, TableLocks> lock_tables(const planner::Plan& plan,
                                                            planner::Connections& connections);

}  // namespace rowplan::executor
