#include "executor/missing_units.h"

#include <set>

namespace rowplan::executor {

MissingUnits::MissingUnits(const planner::Plan& plan) : plan_(plan) {
  for (const planner::PlanTable& table : plan.tables) {
    std::set<std::uint64_t> units;
    for (const planner::PlanChunk& chunk : table.chunks) units.insert(chunk.unit);
    missing_.push_back(units.size());
  }
}

void MissingUnits::unit_in(const UnitWork& unit) {
  for (const TableWork& table : unit.tables)
    // Not of a table that only the unit's triggers touch.
    if (!table.chunks.empty())
      --missing_[static_cast<std::size_t>(table.table - plan_.tables.data())];
}

}  // namespace rowplan::executor
