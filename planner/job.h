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

/// One table of one pair or two-way group. The source is the first member.
struct TableJob {
  std::string address;  ///< pair/db.table, by the source's name
  std::string pair;
  std::string source;  ///< server names of the manifest
  std::string target;
  std::vector<std::string> spokes;      ///< of a two-way group, `target` the first; else empty
  std::vector<std::string> all_spokes;  ///< and those that are left out
  Direction direction = Direction::one_way;
  std::string channel;  ///< via-source: the target's, from its source; known once servers are asked
  mysql::TableName source_table;
  mysql::TableName target_table;            ///< on each spoke
  std::vector<std::string> allow_triggers;  ///< `name` or `db.name`, on the target
  bool allow_replica_writes = false;        ///< the target may be written although it is a replica
  TableOptions options;
  bool require_baseline = false;  ///< two-way: no union where there is none
  unsigned tombstone_days = 30;   ///< likewise: for how long a spoke that is left out can catch up
  std::uint64_t rows_estimate = 0;

  [[nodiscard]] bool via_source() const { return direction == Direction::via_source; }
  [[nodiscard]] bool two_way() const { return direction == Direction::two_way; }
  /// All servers that take part, the source first.
  [[nodiscard]] std::vector<std::string> members() const {
    return members_of(source, target, spokes);
  }
  /// The spokes that are left out.
  [[nodiscard]] std::vector<std::string> missing() const;
  [[nodiscard]] const mysql::TableName& table_on(const std::string& server) const {
    return server == source ? source_table : target_table;
  }
  /// The server that is written. The one that is changed is always the target.
  [[nodiscard]] const std::string& written() const { return via_source() ? source : target; }
};

}  // namespace rowplan::planner
