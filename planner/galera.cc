#include "planner/galera.h"

#include <algorithm>

namespace rowplan::planner {

void judge_galera(Plan& plan, const std::map<std::string, mysql::Facts>& servers) {
  for (const PlanUnit& unit : plan.units) {
    const auto table = std::find_if(plan.tables.begin(), plan.tables.end(), [&](const auto& t) {
      return std::any_of(t.chunks.begin(), t.chunks.end(),
                         [&](const PlanChunk& chunk) { return chunk.unit == unit.id; });
    });
    if (table == plan.tables.end()) continue;
    const auto server = servers.find(table->target);
    if (server == servers.end()) continue;
    const std::uint64_t most = server->second.galera_max_rows;
    if (most == 0 || unit.changes <= most) continue;
    plan.findings.push_back(
        {"unit_over_wsrep_max_ws_rows", Severity::error, table->address,
         "unit " + std::to_string(unit.id) + " has " + std::to_string(unit.changes) +
             " changes that must be committed together, but '" + table->target +
             "' commits no more than " + std::to_string(most) + " rows (wsrep_max_ws_rows)",
         "raise wsrep_max_ws_rows on all nodes, or lower chunk_rows"});
  }
}

}  // namespace rowplan::planner
