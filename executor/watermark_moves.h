// Moves the watermarks of tables whose units are all in.
#pragma once

#include "executor/apply_sessions.h"
#include "executor/missing_units.h"
#include "executor/observer.h"
#include "planner/plan.h"
#include "state/store.h"

namespace rowplan::executor {

class WatermarkMoves {
 public:
  /// Both must outlive this.
  WatermarkMoves(const planner::Plan& plan, state::Store& store) : plan_(plan), store_(store) {}

  /// After the last row: each watermark goes from where the plan found it to where the plan puts
  /// it, and nowhere if it stands elsewhere by now, which is told. With it goes what the target has
  /// come to. Throws StateError, mysql::Error.
  void move(const MissingUnits& missing, ApplySessions& sessions, ApplyObserver& observer);

 private:
  void move_one(const planner::PlanTable& table, ApplySessions& sessions, ApplyObserver& observer);

  const planner::Plan& plan_;
  state::Store& store_;
};

/// Not just a window?
[[nodiscard]] bool compared_all_rows(const planner::PlanTable& table);

}  // namespace rowplan::executor
