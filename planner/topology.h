// Which server replicates from which, by what they say of themselves.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "mysql/facts.h"

namespace rowplan::planner {

/// Does the channel bring what this server logs? MySQL knows its source by server_uuid. MariaDB
/// knows it by server_id and port only, which is enough among the servers of one topology.
[[nodiscard]] bool comes_from(const mysql::ReplicaChannel& channel, const mysql::Facts& server);

/// The replica's channel that comes from `source`; nullptr: none does, or it may not be asked.
[[nodiscard]] const mysql::ReplicaChannel* channel_from(const mysql::Facts& replica,
                                                        const mysql::Facts& source);

/// Looks up a server from which a channel comes; nullopt: it cannot be asked.
using AskSource = std::function<std::optional<mysql::Facts>(const mysql::ReplicaChannel& channel)>;

/// Does what `source` logs reach `replica`, by however many servers? Asks for those between, each
/// once; one that cannot be asked is passed over.
[[nodiscard]] bool is_downstream(const mysql::Facts& replica, const mysql::Facts& source,
                                 const AskSource& ask);

}  // namespace rowplan::planner
