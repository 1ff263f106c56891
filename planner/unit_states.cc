#include "planner/unit_states.h"

#include <cassert>

#include "planner/chunk_hash.h"
#include "planner/unit_split.h"

namespace rowplan::planner {

namespace {

/// One change of the unit: where its chunk and its sum stand.
struct ChangePlace {
  PlanChunk* chunk = nullptr;
  const ChunkHash* sum = nullptr;
};

/// Of each of the unit's tables, in the order of UnitChanges::tables_of.
std::vector<std::vector<ChangePlace>> change_places(Plan& plan,
                                                    const std::vector<UnitChanges::Place>& chunks,
                                                    const std::vector<const ChangeSums*>& sums) {
  std::vector<std::vector<ChangePlace>> places;
  std::size_t last_table = plan.tables.size();
  for (const UnitChanges::Place& place : chunks) {
    PlanTable& table = plan.tables[place.table];
    if (place.table != last_table) places.emplace_back();
    last_table = place.table;
    std::uint64_t line = 0;
    for (std::size_t c = 0; c < place.chunk; ++c) line += table.chunks[c].changes;
    PlanChunk& chunk = table.chunks[place.chunk];
    for (std::uint64_t i = 0; i < chunk.changes; ++i)
      places.back().push_back({&chunk, &sums[place.table]->at(line + i)});
  }
  return places;
}

}  // namespace

bool split_into_states(Plan& plan, PlanUnit& unit, std::uint64_t max_rows, UnitChanges& changes,
                       const std::vector<const ChangeSums*>& sums) {
  const auto steps = split_unit(changes.tables_of(unit.id), max_rows);
  if (!steps) return false;
  if (steps->size() == 1) return true;
  const auto places = change_places(plan, changes.places(unit.id), sums);
  std::vector<std::pair<PlanChunk*, std::string>> chunks;
  for (const UnitChanges::Place& place : changes.places(unit.id)) {
    PlanTable& table = plan.tables[place.table];
    chunks.emplace_back(&table.chunks[place.chunk], table.target);
  }
  for (const auto& [chunk, target] : chunks) chunk->states = {chunk->before.at(target)};
  for (const StepChanges& step : *steps) {
    for (const auto& [chunk, target] : chunks) chunk->states.push_back(chunk->states.back());
    for (std::size_t t = 0; t < step.size(); ++t)
      for (const std::size_t change : step[t])
        add(places[t][change].chunk->states.back(), *places[t][change].sum);
  }
  for (const auto& [chunk, target] : chunks)
    assert(chunk->states.back() == chunk->after.at(target));
  unit.steps = steps->size();
  unit.step_rows = max_rows;
  return true;
}

}  // namespace rowplan::planner
