// Which table of which server is compared with which: a manifest resolved against servers.
#pragma once

#include <string>
#include <vector>

#include "mysql/schema.h"
#include "planner/finding.h"
#include "planner/manifest.h"

namespace rowplan::planner {

/// --only and --exclude, as given.
struct Selection {
  std::vector<std::string> only;
  std::vector<std::string> exclude;
};

/// One table of one pair. The source is the first member.
struct TableJob {
  std::string address;  ///< pair/db.table, by the source's name
  std::string pair;
  std::string source;  ///< server names of the manifest
  std::string target;
  mysql::TableName source_table;
  mysql::TableName target_table;
  std::vector<std::string> allow_triggers;  ///< `name` or `db.name`, on the target
  bool allow_replica_writes = false;        ///< the target may be written although it is a replica
  TableOptions options;
  std::uint64_t rows_estimate = 0;
};

}  // namespace rowplan::planner
