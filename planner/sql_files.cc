#include "planner/sql_files.h"

#include <set>

#include "planner/address.h"
#include "planner/sql_view.h"
#include "planner/unit_changes.h"

namespace rowplan::planner {

namespace {

/// False: something was left out.
bool write_server(PlanFileWriter& file, const std::string& server, bool complete,
                  UnitChanges& units, const Plan& plan) {
  SqlView view([&](std::string_view text) { file.append(text); }, server, complete);
  for (const PlanUnit& unit : plan.units) {
    const std::vector<UnitTable> tables = units.tables_on(unit.id, server);
    if (!tables.empty()) view.add_unit(unit, tables);
  }
  return view.complete();
}

}  // namespace

bool write_sql_files(PlanDirectory& directory, const Plan& plan,
                     const std::vector<TablePair>& pairs) {
  LoadedPlan loaded{plan, "", directory.path()};
  loaded.plan.files = directory.closed_files();
  UnitChanges units(loaded, pairs);
  std::set<std::string> servers;
  for (const PlanTable& table : plan.tables) {
    if (!table.two_way() && !table.chunks.empty()) servers.insert(table.written());
    for (const auto& [server, member] : table.on)
      if (member.ops.changes() > 0) servers.insert(server);
  }
  bool all = true;
  for (const std::string& server : servers) {
    const auto file = directory.open_file("sql/" + encode_name(server) + ".sql");
    // What a replica is written, only apply can write: unlogged, and with the applier stopped.
    const auto found = plan.servers.find(server);
    const bool replica = found != plan.servers.end() && found->second.role == "replica";
    // Most files hold everything; one that does not says so in its first line, so it is begun
    // again.
    if (replica || !write_server(*file, server, true, units, plan)) {
      file->rollback();
      write_server(*file, server, false, units, plan);
      all = false;
    }
    file->close();
  }
  return all;
}

}  // namespace rowplan::planner
