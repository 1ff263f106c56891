// `output.audit_table`: a row for each table of a run, on the server that the run wrote.
#pragma once

#include <string>
#include <vector>

#include "executor/table_tally.h"
#include "planner/connections.h"
#include "planner/manifest.h"
#include "planner/plan.h"
#include "planner/resolve.h"

namespace rowplan::executor {

/// What all rows of a run have in common.
struct AuditedRun {
  std::string run_id;
  std::string plan_digest;
  std::string verb;
  std::string started_at;  ///< as rfc3339_utc
  std::string finished_at;
  std::string failure;  ///< of what ended the run before its last unit; empty: nothing did
  std::string tool_version;
  std::string host;
};

/// Is the audit table on every target of the plan, as rowplan writes it, and may the user insert
/// into it? Nothing is asked where the manifest names none. Throws Refusal{manifest, access},
/// mysql::Error.
void need_audit_table(const planner::Manifest& manifest, const planner::ResolvedJob& resolved,
                      const planner::Plan& plan, planner::Connections& connections);

/// Inserts the rows, in a transaction of their own on each target. What kept rows from being
/// written, a text a target; empty: all are in.
[[nodiscard]] std::vector<std::string> write_audit(const planner::Manifest& manifest,
                                                   const planner::Plan& plan, const AuditedRun& run,
                                                   const TableTallies& tallies,
                                                   planner::Connections& connections);

}  // namespace rowplan::executor
