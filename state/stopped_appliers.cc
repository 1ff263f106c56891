// Appliers of replicas that a run has stopped.
#include "state/stopped_appliers.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>

namespace rowplan::state {

std::vector<StoppedApplier> StoppedAppliers::all() const {
  std::vector<StoppedApplier> appliers;
  store_.read([&](SQLite::Database& db) {
    // A file of an older version, opened to be read, has no such table yet.
    if (!db.tableExists("stopped_appliers")) return;
    SQLite::Statement query(db,
                            "SELECT server, channel, identity, plan_id, position, at FROM "
                            "stopped_appliers ORDER BY server, channel");
    while (query.executeStep())
      appliers.push_back({query.getColumn(0).getString(), query.getColumn(1).getString(),
                          query.getColumn(2).getString(), query.getColumn(3).getString(),
                          query.getColumn(4).getString(), query.getColumn(5).getString()});
  });
  return appliers;
}

void StoppedAppliers::put(const StoppedApplier& applier) {
  const std::string now = store_.now();
  store_.write([&](SQLite::Database& db) {
    SQLite::Statement upsert(
        db,
        "INSERT INTO stopped_appliers (server, channel, identity, plan_id, position, at) "
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (server, channel) DO UPDATE SET "
        "identity = excluded.identity, plan_id = excluded.plan_id, "
        "position = excluded.position, at = excluded.at");
    SQLite::bind(upsert, applier.server, applier.channel, applier.identity, applier.plan_id,
                 applier.position, now);
    upsert.exec();
  });
}

void StoppedAppliers::remove(const std::string& server, const std::string& channel) {
  store_.write([&](SQLite::Database& db) {
    SQLite::Statement query(db, "DELETE FROM stopped_appliers WHERE server = ? AND channel = ?");
    SQLite::bind(query, server, channel);
    query.exec();
  });
}

}  // namespace rowplan::state
