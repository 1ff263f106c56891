// Moves the watermarks of tables whose units are all in.
#pragma once

#include <cstddef>
#include <vector>

#include "executor/unit_apply.h"
#include "planner/plan.h"
#include "state/store.h"

namespace rowplan::executor {

class WatermarkMoves {
 public:
  /// Both must outlive this.
  WatermarkMoves(const planner::Plan& plan, state::Store& store);

  /// The unit was applied, or was done already.
  void unit_in(const UnitWork& unit);

  /// After the last row: each watermark goes from where the plan found it to where the plan puts
  /// it, and nowhere if it stands elsewhere by now, which is told. With it goes what the target has
  /// come to. Throws StateError, mysql::Error.
  void move(ApplySessions& sessions, ApplyObserver& observer);

 private:
  void move_one(const planner::PlanTable& table, ApplySessions& sessions, ApplyObserver& observer);

  const planner::Plan& plan_;
  state::Store& store_;
  std::vector<std::size_t> missing_;  // units that are not in yet, in the order of plan_.tables
};

/// Not just a window?
[[nodiscard]] bool compared_all_rows(const planner::PlanTable& table);

}  // namespace rowplan::executor
