// What each table of an incremental pair was last compared with.
#include "state/sync_positions.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>

namespace rowplan::state {

std::optional<SyncPosition> SyncPositions::find(const std::string& address) const {
  std::optional<SyncPosition> position;
  store_.read([&](SQLite::Database& db) {
    // A file of an older version, opened to be read, has no such table yet.
    if (!db.tableExists("sync_positions")) return;
    SQLite::Statement query(db,
                            "SELECT address, full_compare_at, source, target, target_position "
                            "FROM sync_positions WHERE address = ?");
    query.bind(1, address);
    if (!query.executeStep()) return;
    position = {query.getColumn(0).getString(), query.getColumn(1).getString(),
                query.getColumn(2).getString(), query.getColumn(3).getString(),
                query.getColumn(4).getString()};
  });
  return position;
}

void SyncPositions::put(const SyncPosition& position) {
  store_.write([&](SQLite::Database& db) {
    SQLite::Statement upsert(
        db,
        "INSERT INTO sync_positions (address, full_compare_at, source, target, target_position) "
        "VALUES (?, ?, ?, ?, ?) ON CONFLICT (address) DO UPDATE SET full_compare_at = "
        "iif(excluded.full_compare_at = '', full_compare_at, excluded.full_compare_at), "
        "source = excluded.source, target = excluded.target, "
        "target_position = excluded.target_position");
    SQLite::bind(upsert, position.address, position.full_compare_at, position.source,
                 position.target, position.target_position);
    upsert.exec();
  });
}

}  // namespace rowplan::state
