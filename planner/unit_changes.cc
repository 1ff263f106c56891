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

/// The table as the server is written; nullptr: it is not.
const TablePair* UnitChanges::written_on(std::size_t table, const std::string& server) const {
  const TablePair& pair = pairs_[table];
  if (!pair.views) return loaded_.plan.tables[table].written() == server ? &pair : nullptr;
  for (const TablePair& view : *pair.views)
    if (view.job.target == server) return &view;
  return nullptr;
}

std::vector<UnitTable> UnitChanges::tables_on(std::uint64_t unit, const std::string& server) {
  std::vector<UnitTable> tables;
  for (const Place& place : places_.at(unit)) {
    const TablePair* const pair = written_on(place.table, server);
    if (pair == nullptr) continue;
    const PlanChunk& chunk = loaded_.plan.tables[place.table].chunks[place.chunk];
    for (Change& change : readers_.at(place.table).chunk(chunk.id)) {
      if (pairs_[place.table].views && change.on != server) continue;  // a conflict, or elsewhere
      if (tables.empty() || tables.back().pair != pair) tables.push_back({pair, {}, {}});
      tables.back().changes.push_back(std::move(change));
    }
  }
  return tables;
}

}  // namespace rowplan::planner
