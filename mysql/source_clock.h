// How far a server's rows can be trusted to be complete: what still runs there, and since when.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mysql/session.h"

namespace rowplan::mysql {

/// As planner::Instant: microseconds since 1970 in UTC.
using ServerTime = std::chrono::sys_time<std::chrono::microseconds>;

/// A statement under way or an open transaction: what it writes is stamped no earlier than `since`.
struct Holder {
  ServerTime since;
  bool transaction = false;      ///< else a statement
  std::uint64_t connection = 0;  ///< 0: none has it (an XA transaction that was prepared)
  std::string user;
  std::string host;
};

/// The position that a replica's applier has reached, on each of its channels.
struct Applier {
  std::string channel;
  std::optional<ServerTime> reached;  ///< nullopt: unknown, it does not run
};

struct SourceClock {
  ServerTime now;  ///< NOW(6), asked before all else
  std::optional<Holder>
      oldest;  ///< of all statements and transactions that are not rowplan's reads
  std::vector<Applier> appliers;  ///< none: the server is no replica
};

/// Asks in an order in which nothing slips through: the clock, then the statements, then the
/// transactions. A snapshot that is opened after this sees every row that is stamped before `now`
/// and before all that is told here. `session` must be new, and is left without a transaction.
/// Needs PROCESS, and the privilege to ask for replication. Throws Error.
[[nodiscard]] SourceClock read_source_clock(Session& session);

}  // namespace rowplan::mysql
