// Moves the watermarks of tables whose units are all in.
#pragma once

#include <string>

#include "executor/apply_sessions.h"
#include "executor/missing_units.h"
#include "executor/observer.h"
#include "planner/plan.h"
#include "state/store.h"

namespace rowplan::executor {

/// Of two-way tables, BaselineKeeper moves them with the baselines.
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

/// From where the plan found it to where the plan puts it. False: it stands elsewhere, which is
/// told unless it is where it was to go. Throws StateError.
bool move_watermark(state::Store& store, const std::string& address,
                    const planner::PlanWatermark& watermark, const std::string& plan_id,
                    ApplyObserver& observer);

/// Not just a window?
[[nodiscard]] bool compared_all_rows(const planner::PlanTable& table);

}  // namespace rowplan::executor
