// An application's own change log as one member has it, and the questions that it is asked.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mysql/schema.h"
#include "mysql/session.h"
#include "planner/audit_entry.h"
#include "planner/audit_spec.h"
#include "planner/finding.h"

namespace rowplan::planner {

struct AuditLog {
  mysql::TableName name;
  mysql::TableName of;  ///< the table whose rows are asked for
  mysql::Column key;
  mysql::Column time;
  // Where the manifest names them:
  std::optional<mysql::Column> table;
  std::optional<mysql::Column> user;
  std::optional<mysql::Column> site;
  std::optional<mysql::Column> type;
  std::optional<mysql::Column> number;  ///< AUTO_INCREMENT: orders entries of one time
};

/// The log for `of`.
[[nodiscard]] mysql::TableName audit_log_name(const AuditSpec& spec, const mysql::TableName& of);

/// Of what a member has (`found`; nullptr: nothing). nullopt, and a finding of severity error,
/// where it has not what `spec` names.
[[nodiscard]] std::optional<AuditLog> make_audit_log(const AuditSpec& spec,
                                                     const mysql::TableName& of,
                                                     const mysql::Table* found,
                                                     const std::string& address,
                                                     const std::string& server, Findings& findings);

/// Entries of these keys, the oldest first; other keys that the log's column takes for equal may be
/// among them. Empty: the column could hold none of them. Pure.
[[nodiscard]] std::string select_entries(const AuditLog& log, const std::vector<std::string>& keys);

/// By key, of those that have any. No other result may be open on the session. Throws mysql::Error.
[[nodiscard]] std::map<std::string, AuditEntry> newest_entries(
    mysql::Session& session, const AuditLog& log, const std::vector<std::string>& keys);

}  // namespace rowplan::planner
