// The tables of the state file and how an older file gets them. Described in docs/state-schema.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace SQLite {
class Database;
}

namespace rowplan::state {

inline constexpr std::int32_t kApplicationId = 0x7277706c;  ///< "rwpl"

/// SQL that leads from version n to n + 1, n being its place in a list.
using Migrations = std::vector<const char*>;

/// Of this rowplan. Entries are only ever appended: files of every version are out there.
[[nodiscard]] const Migrations& migrations();

[[nodiscard]] std::int64_t application_id(SQLite::Database& db);
[[nodiscard]] std::int64_t schema_version(SQLite::Database& db);

/// Brings `db` from its user_version to list.size() within one transaction, all or nothing; looks
/// at the version again under the lock, so that two runs may start it at once. Throws
/// SQLite::Exception.
void migrate(SQLite::Database& db, const Migrations& list);

/// Every column of every table, in an order of its own: to tell whether two databases have the
/// same.
[[nodiscard]] std::string columns_of(SQLite::Database& db);

}  // namespace rowplan::state
