// How far replicas are behind, which replicas a server has, and how busy a server is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mysql/session.h"

namespace rowplan::mysql {

struct ReplicaState {
  bool configured = false;  ///< is it a replica at all?
  /// Of the channel that is furthest behind; nullopt: one of them stands still, or does not know.
  std::optional<std::uint64_t> seconds_behind;
};

/// Throws Error, also for a privilege that is missing.
[[nodiscard]] ReplicaState read_replica_state(Session& session);

struct ReplicaAddress {
  std::string host;  ///< empty: the replica does not report it, and it could not be told apart
  unsigned port = 0;
};

/// The replicas that are registered with the server. What else reads its binary log the same way is
/// among them. Throws Error, also for a privilege that is missing.
[[nodiscard]] std::vector<ReplicaAddress> find_replicas(Session& session);

/// A number of SHOW GLOBAL STATUS; nullopt: the server has none of this name.
[[nodiscard]] std::optional<double> global_status(Session& session, const std::string& name);

}  // namespace rowplan::mysql
