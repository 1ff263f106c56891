// What a server is in replication: whose replica, with which log, and who replicates from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mysql/log_end.h"
#include "mysql/replica_channel.h"
#include "mysql/replication.h"
#include "mysql/session.h"

namespace rowplan::mysql {

/// What this user may not ask is nullopt, which is not "none".
struct ReplicationFacts {
  std::uint64_t server_id = 0;
  unsigned port = 0;
  bool super_read_only = false;
  bool log_bin = false;
  std::string binlog_format;         ///< "ROW", "MIXED", "STATEMENT"
  std::string binlog_row_image;      ///< "FULL", "MINIMAL", ...
  bool log_replica_updates = false;  ///< does its log have what it applies?
  std::string gtid_mode;             ///< MySQL's; MariaDB always has GTIDs: "ON"
  std::string gtids;                 ///< MySQL: gtid_executed; MariaDB: gtid_current_pos
  std::string group;                 ///< group_replication_group_name; empty: in none
  std::optional<std::vector<ReplicaChannel>> channels;
  std::optional<LogEnd> log_end;  ///< nullopt without a log, too
  std::optional<std::vector<ReplicaAddress>> replicas;
};

/// Throws Error, but not for a missing privilege.
[[nodiscard]] ReplicationFacts read_replication_facts(Session& session);

}  // namespace rowplan::mysql
