#include "planner/unit_changes.h"

namespace rowplan::planner {

UnitChanges::UnitChanges(const LoadedPlan& loaded, const std::vector<TablePair>& pairs)
    : loaded_(loaded), pairs_(pairs) {
  for (std::size_t t = 0; t < loaded.plan.tables.size(); ++t) {
    const PlanTable& table = loaded.plan.tables[t];
    if (!table.chunks.empty()) readers_.emplace(t, ChangeReader(loaded, table));
    for (std::size_t c = 0; c < table.chunks.size(); ++c)
      places_[table.chunks[c].unit].push_back({t, c});
  }
}

std::vector<UnitTable> UnitChanges::tables_of(std::uint64_t unit) {
  std::vector<UnitTable> tables;
  for (const Place& place : places_.at(unit)) {
    if (tables.empty() || tables.back().pair != &pairs_[place.table])
      tables.push_back({&pairs_[place.table], {}, {}});
    const PlanChunk& chunk = loaded_.plan.tables[place.table].chunks[place.chunk];
    for (Change& change : readers_.at(place.table).chunk(chunk.id))
      tables.back().changes.push_back(std::move(change));
  }
  return tables;
}

const std::string& UnitChanges::server_of(std::uint64_t unit) const {
  return loaded_.plan.tables[places_.at(unit).front().table].written();
}

}  // namespace rowplan::planner
