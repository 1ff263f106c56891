// From globs to table pairs with schemas.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "mysql/facts.h"
#include "mysql/privileges.h"
#include "planner/connections.h"
#include "planner/finding.h"
#include "planner/job.h"
#include "planner/manifest.h"
#include "planner/roles.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// Everything that is known before a row is read.
struct ResolvedJob {
  std::map<std::string, mysql::Facts> servers;          ///< of the selected pairs
  std::map<std::string, mysql::Privileges> privileges;  ///< of rowplan's user, on each of them
  std::vector<TablePair> pairs;                         ///< in order of address
  Findings findings;
  /// Of (source, target) of a pair whose target replicates from its source: the channel, if it
  /// runs.
  std::map<std::pair<std::string, std::string>, std::string> replicas;
};

/// Expands globs on the sources, applies renames and the selection, reads and pairs the schemas,
/// and judges the servers' roles. Throws Refusal{manifest} for what the manifest names and is not
/// there, is no table, or is reached twice; Refusal{usage} for an unknown address; Refusal{access}
/// with all privileges that are missing to see what must be seen.
[[nodiscard]] ResolvedJob resolve_job(const Manifest& manifest, const Selection& selection,
                                      Purpose purpose, Connections& connections);

/// The same, to be written, for tables that are known already: those of a plan. A table that is
/// gone is left out of `pairs`.
[[nodiscard]] ResolvedJob resolve_tables(const Manifest& manifest,
                                         const std::vector<TableJob>& jobs,
                                         Connections& connections);

/// The job of one table of one pair; nullopt if the manifest does not select it (any more).
[[nodiscard]] std::optional<TableJob> job_of(const Manifest& manifest, const std::string& pair,
                                             const mysql::TableName& source);

}  // namespace rowplan::planner
