#include "executor/unit_stepping.h"

#include <set>

#include "executor/chunk_reading.h"
#include "planner/plan_error.h"

namespace rowplan::executor {

namespace {

using planner::PlanChunk;

std::vector<planner::UnitTable> tables_of(const UnitWork& unit) {
  std::vector<planner::UnitTable> tables;
  for (const TableWork& table : unit.tables) tables.push_back({table.pair, table.changes, {}});
  return tables;
}

}  // namespace

UnitStepping::UnitStepping(const UnitWork& unit) : unit_(unit) {
  auto steps = planner::split_unit(tables_of(unit), unit.step_rows);
  if (!steps || steps->size() != unit.steps)
    throw planner::PlanError("plan.json", "unit " + std::to_string(unit.id) +
                                              " does not come to the steps that it lists");
  steps_ = std::move(*steps);
}

std::optional<std::uint64_t> UnitStepping::reached(mysql::Session& target) const {
  std::vector<bool> possible(steps_.size() + 1, true);
  RowHashes once(0);
  target.begin_consistent_snapshot();
  for (const TableWork& table : unit_.tables) {
    const TableReading reading = read_chunks(target, table, planner::Side::target,
                                             planner::Locking::none, Keep::hashes, once);
    for (std::size_t c = 0; c < table.chunks.size(); ++c)
      for (std::size_t k = 0; k < possible.size(); ++k)
        if (!(table.chunks[c]->states[k] == reading.hashes[c])) possible[k] = false;
  }
  target.rollback();
  for (std::size_t k = 0; k < possible.size(); ++k)
    if (possible[k]) return k;
  return std::nullopt;
}

const UnitWork& UnitStepping::step(std::uint64_t i) {
  work_ = {};
  chunks_.clear();
  work_.id = unit_.id;
  work_.step = i + 1;
  work_.last_step = i + 1 == steps_.size();
  for (std::size_t t = 0; t < unit_.tables.size(); ++t) {
    const TableWork& whole = unit_.tables[t];
    const std::set<std::size_t> own(steps_[i][t].begin(), steps_[i][t].end());
    if (own.empty()) continue;
    TableWork& part = work_.tables.emplace_back();
    part.table = whole.table;
    part.pair = whole.pair;
    std::set<std::uint64_t> written;
    for (const std::size_t change : own) {
      part.changes.push_back(whole.changes[change]);
      written.insert(whole.changes[change].chunk);
    }
    for (const PlanChunk* chunk : whole.chunks) {
      if (written.count(chunk->id) == 0) continue;
      PlanChunk& copy = chunks_.emplace_back(*chunk);
      copy.before[whole.table->target] = chunk->states[i];
      copy.after[whole.table->target] = chunk->states[i + 1];
      part.chunks.push_back(&copy);
    }
    for (std::size_t c = 0; c < whole.changes.size(); ++c)
      if (own.count(c) == 0 && written.count(whole.changes[c].chunk) != 0)
        part.others.push_back(whole.changes[c]);
  }
  return work_;
}

}  // namespace rowplan::executor
