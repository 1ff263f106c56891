// Where a replica takes its rows from: one channel (MariaDB: connection) for each source.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mysql/replica_filters.h"
#include "mysql/session.h"

namespace rowplan::mysql {

struct ReplicaChannel {
  std::string name;  ///< empty: the default one
  std::string source_host;
  unsigned source_port = 0;
  std::string source_uuid;             ///< MySQL; empty: it was never connected
  std::uint64_t source_server_id = 0;  ///< 0: it was never connected
  bool receives = false;               ///< or is about to connect again
  bool applies = false;
  unsigned receiver_error = 0;  ///< its last one; 0: none
  unsigned applier_error = 0;
  std::optional<std::uint64_t> seconds_behind;  ///< nullopt: not known, or it stands still
  bool by_gtid = false;                         ///< else by file and position
  ReplicaFilters filters;
  /// What has been applied, in the source's binary log.
  std::string applied_file;
  std::uint64_t applied_offset = 0;
};

/// All channels, those of multi-source replication included; none: the server is no replica. What
/// group replication uses by itself is not among them. Throws Error, also for a missing privilege
/// (MySQL: REPLICATION CLIENT, MariaDB: REPLICA MONITOR).
[[nodiscard]] std::vector<ReplicaChannel> read_channels(Session& session);

}  // namespace rowplan::mysql
