#include "planner/galera.h"

#include <algorithm>

namespace rowplan::planner {

namespace {

/// The server that writes each unit, with the table by which it is told.
std::map<std::uint64_t, const PlanTable*> unit_tables(const Plan& plan) {
  std::map<std::uint64_t, const PlanTable*> tables;
  for (const PlanTable& table : plan.tables)
    for (const PlanChunk& chunk : table.chunks) tables.emplace(chunk.unit, &table);
  return tables;
}

}  // namespace

void judge_galera(Plan& plan, const std::map<std::string, mysql::Facts>& servers) {
  if (std::none_of(servers.begin(), servers.end(),
                   [](const auto& server) { return server.second.galera_max_rows > 0; }))
    return;
  const auto tables = unit_tables(plan);
  for (const PlanUnit& unit : plan.units) {
    const PlanTable& table = *tables.at(unit.id);
    const auto server = servers.find(table.written());
    if (server == servers.end()) continue;
    const std::uint64_t most = server->second.galera_max_rows;
    const std::uint64_t rows = unit.steps > 1 ? unit.step_rows : unit.changes;
    if (most == 0 || rows <= most) continue;
    plan.findings.push_back({"unit_over_wsrep_max_ws_rows", Severity::error, table.address,
                             "unit " + std::to_string(unit.id) + " has " + std::to_string(rows) +
                                 " changes that must be committed together, but '" +
                                 table.written() + "' commits no more than " +
                                 std::to_string(most) + " rows (wsrep_max_ws_rows)",
                             "raise wsrep_max_ws_rows on all nodes, or lower chunk_rows"});
  }
}

}  // namespace rowplan::planner
