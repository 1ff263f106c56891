#include "executor/unit_work.h"

namespace rowplan::executor {

std::uint64_t UnitWork::changes() const {
  std::uint64_t total = 0;
  for (const TableWork& table : tables)
    for (const planner::Change& change : table.changes) total += change.rows();
  return total;
}

UnitIndex::UnitIndex(const planner::LoadedPlan& plan, const std::vector<planner::TablePair>& pairs)
    : plan_(plan), pairs_(pairs) {
  for (std::size_t t = 0; t < plan.plan.tables.size(); ++t)
    for (std::size_t c = 0; c < plan.plan.tables[t].chunks.size(); ++c)
      places_[plan.plan.tables[t].chunks[c].unit].push_back({t, c});
}

UnitWork UnitIndex::load(std::uint64_t unit) {
  UnitWork work;
  work.id = unit;
  for (const Place& place : places_[unit]) {
    const planner::PlanTable& table = plan_.plan.tables[place.table];
    if (work.tables.empty() || work.tables.back().table != &table)
      work.tables.push_back({&table, &pairs_[place.table], {}, {}});
    TableWork& part = work.tables.back();
    const planner::PlanChunk& chunk = table.chunks[place.chunk];
    part.chunks.push_back(&chunk);
    auto reader = readers_.find(place.table);
    if (reader == readers_.end())
      reader = readers_.emplace(place.table, planner::ChangeReader(plan_, table)).first;
    for (planner::Change& change : reader->second.chunk(chunk.id))
      part.changes.push_back(std::move(change));
  }
  return work;
}

}  // namespace rowplan::executor
