// A place in a source's history, and waiting until a replica has applied all before it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>

#include "mysql/replica_channel.h"
#include "mysql/session.h"

namespace rowplan::mysql {

/// An end of a source's binary log, as GTIDs and as file and offset: what is not known is empty.
struct SourcePosition {
  std::string gtids;
  std::string file;
  std::uint64_t offset = 0;
};

/// A position at or after all that this session can have seen so far: in the snapshot that it has
/// open, or under its locks. Of a snapshot of MariaDB it is exactly that of the snapshot. Throws
/// Error. By file and offset it needs on MySQL REPLICATION CLIENT; without it `file` is empty.
[[nodiscard]] SourcePosition read_source_position(Session& source);

/// The replica has applied the position. It may be further on.
struct PositionReached {};
/// It was not reached within the limit, or the wait was called off.
struct PositionTimedOut {};
/// It will not be reached: applier or receiver stand still.
struct ApplierStopped {
  bool receiver = false;  ///< it is the receiver, not the applier
  unsigned error = 0;     ///< its last error; 0: it was stopped
};
/// The replica cannot be asked for this position: the source has no binary log, the replica no such
/// channel, or the position lacks what the channel goes by.
struct PositionUnknown {};
using ReplicaWait =
    std::variant<PositionReached, PositionTimedOut, ApplierStopped, PositionUnknown>;

/// Waits on a replica for `position` of the source of its channel `channel`. What is open on the
/// session does not see what was waited for: wait first, then open a snapshot. `stop` is asked
/// every second at least; true ends the wait. Throws Error.
[[nodiscard]] ReplicaWait wait_for_position(Session& replica, const std::string& channel,
                                            const SourcePosition& position,
                                            std::chrono::milliseconds limit,
                                            const std::function<bool()>& stop = {});

}  // namespace rowplan::mysql
