// Finds the change logs that a job's `audit` names, before a row is read.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "mysql/privileges.h"
#include "planner/finding.h"
#include "planner/job.h"
#include "planner/missing_grants.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// What is asked of servers meanwhile.
struct AuditServers {
  std::function<mysql::Session&(const std::string& server)> session;
  const std::map<std::string, mysql::Privileges>& privileges;
};

/// Fills in audit_logs of two-way pairs with views. `all`: every table of their pairs, selected or
/// not: a log that several use must tell which of them it is about. Throws mysql::Error.
void find_audit_logs(std::vector<TablePair>& pairs, const std::vector<TableJob>& all,
                     const AuditServers& servers, Findings& findings, MissingGrants& missing);

}  // namespace rowplan::planner
