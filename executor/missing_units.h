// Which tables of a plan have units that are not in yet.
#pragma once

#include <cstddef>
#include <vector>

#include "executor/unit_work.h"
#include "planner/plan.h"

namespace rowplan::executor {

class MissingUnits {
 public:
  /// None is in. `plan` must outlive it.
  explicit MissingUnits(const planner::Plan& plan);

  /// The unit was applied, or was done already.
  void unit_in(const UnitWork& unit);
  /// Are all units of the plan's table in? So it is of a table that has none.
  [[nodiscard]] bool none_of(std::size_t table) const { return missing_[table] == 0; }

 private:
  const planner::Plan& plan_;
  std::vector<std::size_t> missing_;  // in the order of the plan's tables
};

}  // namespace rowplan::executor
