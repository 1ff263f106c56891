// Where a server's binary log ends, and what it leaves out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mysql/session.h"

namespace rowplan::mysql {

struct LogEnd {
  std::string file;
  std::uint64_t offset = 0;
  std::vector<std::string> do_dbs;      ///< binlog_do_db; empty: all
  std::vector<std::string> ignore_dbs;  ///< binlog_ignore_db
};

/// nullopt: the server has no binary log. Throws Error, also for a missing privilege (MySQL:
/// REPLICATION CLIENT, MariaDB: BINLOG MONITOR).
[[nodiscard]] std::optional<LogEnd> read_log_end(Session& session);

}  // namespace rowplan::mysql
