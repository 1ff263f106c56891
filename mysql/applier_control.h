// Stopping and starting a replica's applier. What it has received meanwhile, it keeps.
#pragma once

#include <string>

#include "mysql/session.h"

namespace rowplan::mysql {

/// Returns when what it was applying is applied or rolled back. Of one that stands still: nothing
/// happens. Needs REPLICATION_SLAVE_ADMIN (MariaDB: REPLICATION SLAVE ADMIN), and a session that is
/// not read-only. `channel`: as read_channels names it. Throws Error.
void stop_applier(Session& replica, const std::string& channel);
/// Likewise. It may meet an error a moment later.
void start_applier(Session& replica, const std::string& channel);

}  // namespace rowplan::mysql
