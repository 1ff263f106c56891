// What a run came to, table by table.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "planner/plan.h"

namespace rowplan::executor {

struct UnitResult;
struct UnitWork;

struct TableTally {
  std::uint64_t units = 0;  ///< of the plan, that write the table
  std::uint64_t in = 0;     ///< applied, or as planned already
  std::uint64_t stale = 0;
  planner::Ops written;  ///< rows; a unit in steps counts even where it is not done
  std::string detail;    ///< of the first unit that is stale or failed
};

/// By address: all tables of the plan, also those without a change.
using TableTallies = std::map<std::string, TableTally>;

[[nodiscard]] TableTallies tallies_of(const planner::Plan& plan);
void count(TableTallies& tallies, const UnitWork& unit, const UnitResult& result);

/// In full; nothing, because of stale units; nothing, for another reason; or in part.
enum class TableStatus : std::uint8_t { success, stale, failed, partial };
[[nodiscard]] TableStatus status_of(const TableTally& tally) noexcept;
[[nodiscard]] const char* status_name(TableStatus status) noexcept;

}  // namespace rowplan::executor
