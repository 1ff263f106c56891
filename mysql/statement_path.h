// What decides whether a statement that a source logs is run as it is on a replica, and no further.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "mysql/session.h"

namespace rowplan::mysql {

struct BinlogFacts {
  bool logs = false;          ///< is there a binary log?
  bool logs_applied = false;  ///< of what it replicates, too?
  std::string format;         ///< ROW, MIXED, STATEMENT: of new sessions, and of what is applied

  /// Does what is applied reach its own replicas as rows?
  [[nodiscard]] bool passes_rows() const { return logs && logs_applied && format != "STATEMENT"; }
};
/// Throws Error.
[[nodiscard]] BinlogFacts read_binlog_facts(Session& session);

/// Connections that read the server's binary log now: its replicas, and what passes for one. Throws
/// Error. Without PROCESS they are not seen.
[[nodiscard]] std::size_t count_log_readers(Session& session);

/// Of MySQL's channels, what makes an applier stop at a statement.
struct ApplierLimits {
  bool known = true;            ///< false: the server does not tell
  bool rows_only = false;       ///< REQUIRE_ROW_FORMAT
  std::string privileges_user;  ///< PRIVILEGE_CHECKS_USER; empty: none
};
/// Throws Error, also for a missing SELECT on the table of performance_schema that has it. MariaDB
/// has none of it.
[[nodiscard]] ApplierLimits read_applier_limits(Session& replica, const std::string& channel);

/// A server's own number, by which its replicas know it. Throws Error.
[[nodiscard]] std::uint64_t read_server_id(Session& session);

}  // namespace rowplan::mysql
