#include "executor/table_tally.h"

#include <set>

#include "executor/unit_result.h"

namespace rowplan::executor {

TableTallies tallies_of(const planner::Plan& plan) {
  TableTallies tallies;
  for (const planner::PlanTable& table : plan.tables) {
    std::set<std::uint64_t> units;
    for (const planner::PlanChunk& chunk : table.chunks) units.insert(chunk.unit);
    tallies[table.address].units = units.size();
  }
  return tallies;
}

void count(TableTallies& tallies, const UnitWork& unit, const UnitResult& result) {
  for (const TableWork& work : unit.tables) {
    // Not a table that only the unit's triggers touch.
    if (work.chunks.empty()) continue;
    TableTally& tally = tallies[work.table->address];
    switch (result.outcome) {
      case UnitOutcome::applied:
      case UnitOutcome::already_done:
        ++tally.in;
        break;
      case UnitOutcome::stale:
        ++tally.stale;
        [[fallthrough]];
      case UnitOutcome::failed:
        if (tally.detail.empty()) tally.detail = result.address + ": " + result.detail;
        break;
    }
  }
  for (const auto& [address, ops] : result.written) {
    planner::Ops& total = tallies[address].written;
    total.insert += ops.insert;
    total.update += ops.update;
    total.remove += ops.remove;
  }
}

TableStatus status_of(const TableTally& tally) noexcept {
  if (tally.in == tally.units) return TableStatus::success;
  if (tally.in > 0 || tally.written.changes() > 0) return TableStatus::partial;
  return tally.stale > 0 ? TableStatus::stale : TableStatus::failed;
}

const char* status_name(TableStatus status) noexcept {
  switch (status) {
    case TableStatus::success:
      return "success";
    case TableStatus::stale:
      return "stale";
    case TableStatus::failed:
      return "failed";
    case TableStatus::partial:
      return "partial";
  }
  return "failed";
}

}  // namespace rowplan::executor
