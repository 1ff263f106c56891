// The row of a baseline in the database. Internal to state/.
#pragma once

#include <optional>
#include <string>

#include "state/baselines.h"

namespace SQLite {
class Database;
}

namespace rowplan::state {

/// Of the baseline that counts. Within a transaction of the caller's. Throws SQLite::Exception.
[[nodiscard]] std::optional<BaselineInfo> find_baseline(SQLite::Database& db,
                                                        const std::string& address);
/// What it is now; nullopt: it is no longer of that generation.
[[nodiscard]] std::optional<BaselineInfo> same_baseline(SQLite::Database& db,
                                                        const BaselineInfo& from);
void put_baseline(SQLite::Database& db, const BaselineInfo& info);

}  // namespace rowplan::state
