#include "planner/sql_files.h"

#include <map>
#include <set>

#include "planner/address.h"
#include "planner/plan_reader.h"
#include "planner/sql_view.h"

namespace rowplan::planner {

namespace {

/// The chunks of each unit, with readers of their changes.
class Units {
 public:
  Units(const LoadedPlan& loaded, const std::vector<TablePair>& pairs)
      : loaded_(loaded), pairs_(pairs) {
    for (std::size_t t = 0; t < loaded.plan.tables.size(); ++t) {
      const PlanTable& table = loaded.plan.tables[t];
      if (!table.chunks.empty()) readers_.emplace(t, ChangeReader(loaded, table));
      for (const PlanChunk& chunk : table.chunks) places_[chunk.unit].push_back({t, chunk.id});
    }
  }

  std::vector<UnitTable> tables_of(std::uint64_t unit) {
    std::vector<UnitTable> tables;
    for (const auto& [table, chunk] : places_[unit]) {
      if (tables.empty() || tables.back().pair != &pairs_[table])
        tables.push_back({&pairs_[table], {}, {}});
      for (Change& change : readers_.at(table).chunk(chunk))
        tables.back().changes.push_back(std::move(change));
    }
    return tables;
  }

  [[nodiscard]] std::string server_of(std::uint64_t unit) const {
    return loaded_.plan.tables[places_.at(unit).front().first].target;
  }

 private:
  const LoadedPlan& loaded_;
  const std::vector<TablePair>& pairs_;
  std::map<std::size_t, ChangeReader> readers_;
  std::map<std::uint64_t, std::vector<std::pair<std::size_t, std::uint64_t>>> places_;
};

/// False: something was left out.
bool write_server(PlanFileWriter& file, const std::string& server, bool complete, Units& units,
                  const Plan& plan) {
  SqlView view([&](std::string_view text) { file.append(text); }, server, complete);
  for (const PlanUnit& unit : plan.units)
    if (units.server_of(unit.id) == server) view.add_unit(unit, units.tables_of(unit.id));
  return view.complete();
}

}  // namespace

bool write_sql_files(PlanDirectory& directory, const Plan& plan,
                     const std::vector<TablePair>& pairs) {
  LoadedPlan loaded{plan, "", directory.path()};
  loaded.plan.files = directory.closed_files();
  Units units(loaded, pairs);
  std::set<std::string> servers;
  for (const PlanTable& table : plan.tables)
    if (!table.chunks.empty()) servers.insert(table.target);
  bool all = true;
  for (const std::string& server : servers) {
    const auto file = directory.open_file("sql/" + encode_name(server) + ".sql");
    // Most files hold everything; one that does not says so in its first line, so it is begun
    // again.
    if (!write_server(*file, server, true, units, plan)) {
      file->rollback();
      write_server(*file, server, false, units, plan);
      all = false;
    }
    file->close();
  }
  return all;
}

}  // namespace rowplan::planner
