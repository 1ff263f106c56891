// Facts of a server that decide whether it may be read or written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mysql/replication_facts.h"
#include "mysql/schema.h"
#include "mysql/session.h"

namespace rowplan::mysql {

struct Facts {
  std::string identity;
  Vendor vendor = Vendor::mysql;
  std::string version;
  bool read_only = false;  ///< read_only or super_read_only
  /// Is it a replica? nullopt: this user may not know (no REPLICATION CLIENT, no REPLICA MONITOR).
  std::optional<bool> replica;
  ReplicationFacts replication;
  bool galera = false;
  std::uint64_t galera_max_rows = 0;  ///< of one transaction; 0: any number
  int lower_case_table_names = 0;
};

[[nodiscard]] Facts read_facts(Session& session);

/// "primary" or "replica"; "unknown" where this user may not know.
[[nodiscard]] std::string role_of(const Facts& facts);

/// By how many seconds the server's clock, which stamps rows, is ahead of this machine's; to within
/// half the time that the question took.
[[nodiscard]] double clock_ahead_s(Session& session);

/// GET_LOCK on this session. False: another session holds it.
[[nodiscard]] bool get_lock(Session& session, const std::string& name);
/// Does this session still hold it?
[[nodiscard]] bool holds_lock(Session& session, const std::string& name);
/// The connection id of its holder, or nothing.
[[nodiscard]] std::optional<std::string> lock_holder(Session& session, const std::string& name);

}  // namespace rowplan::mysql
