// The changes of a plan by unit, while it is still being written.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "planner/plan_reader.h"
#include "planner/unit_steps.h"

namespace rowplan::planner {

class UnitChanges {
 public:
  struct Place {
    std::size_t table = 0;  ///< of the plan
    std::size_t chunk = 0;  ///< of the table's chunks
  };

  /// Checks the changes files. `loaded` and `pairs` (in the order of its tables) must outlive this.
  /// Throws PlanError, FileError.
  UnitChanges(const LoadedPlan& loaded, const std::vector<TablePair>& pairs);

  /// Where a unit's chunks stand, by table and chunk.
  [[nodiscard]] const std::vector<Place>& places(std::uint64_t unit) const {
    return places_.at(unit);
  }
  /// Reads them: one UnitTable a table, its changes chunk by chunk. Not of two-way tables.
  [[nodiscard]] std::vector<UnitTable> tables_of(std::uint64_t unit);
  /// Those that `server` is written, of any table; none: it is not written.
  [[nodiscard]] std::vector<UnitTable> tables_on(std::uint64_t unit, const std::string& server);

 private:
  [[nodiscard]] const TablePair* written_on(std::size_t table, const std::string& server) const;

  const LoadedPlan& loaded_;
  const std::vector<TablePair>& pairs_;
  std::map<std::size_t, ChangeReader> readers_;
  std::map<std::uint64_t, std::vector<Place>> places_;
};

}  // namespace rowplan::planner
