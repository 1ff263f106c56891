#include "planner/stamped_tables.h"

#include "planner/missing_grants.h"

namespace rowplan::planner {

namespace {

void need_source_seen(const ResolvedJob& job, const TablePair& pair, MissingGrants& missing) {
  const std::string& server = pair.job.source;
  const mysql::Privileges& user = job.privileges.at(server);
  const mysql::Facts& facts = job.servers.at(server);
  if (!user.on_server("PROCESS"))
    missing.add(server, user, "PROCESS", "*.*",
                "to see which transactions are open: rows of an incremental sync would be lost");
  if (!facts.replica)
    missing.add(server, user,
                facts.vendor == mysql::Vendor::mysql ? "REPLICATION CLIENT" : "REPLICA MONITOR",
                "*.*", "to ask how far it has come, should it be a replica");
}

}  // namespace

std::vector<TablePair> stamped_tables(const TablePair& pair) {
  if (!pair.views) return {pair};
  std::vector<TablePair> tables;
  tables.reserve(pair.views->size());
  for (const TablePair& view : *pair.views) tables.push_back(reversed(view));
  return tables;
}

void need_sources_seen(const ResolvedJob& job) {
  MissingGrants missing;
  for (const TablePair& pair : job.pairs) {
    if (!pair.job.options.incremental) continue;
    for (const TablePair& table : stamped_tables(pair)) need_source_seen(job, table, missing);
  }
  missing.refuse();
}

}  // namespace rowplan::planner
