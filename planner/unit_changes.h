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
  /// Reads them: one UnitTable a table, its changes chunk by chunk.
  [[nodiscard]] std::vector<UnitTable> tables_of(std::uint64_t unit);
  /// The server that the unit writes.
  [[nodiscard]] const std::string& server_of(std::uint64_t unit) const;

 private:
  const LoadedPlan& loaded_;
  const std::vector<TablePair>& pairs_;
  std::map<std::size_t, ChangeReader> readers_;
  std::map<std::uint64_t, std::vector<Place>> places_;
};

}  // namespace rowplan::planner
