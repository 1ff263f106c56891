// What the state and the undo log remember of a plan's units, while they are applied.
#pragma once

#include <cstdint>

#include "executor/baseline_keeper.h"
#include "executor/undo_log.h"
#include "executor/unit_work.h"
#include "state/journal.h"

namespace rowplan::executor {

/// All but the constructors throw StateError; of a dry run they do nothing.
class UnitMemory {
 public:
  /// A dry run's.
  UnitMemory() = default;
  /// All must outlive it.
  UnitMemory(const state::PlanRef& plan, state::Store& store, BaselineKeeper& baselines,
             UndoLog& undo)
      : plan_(plan), store_(&store), baselines_(&baselines), undo_(&undo) {}

  /// On disk when it returns; only then may the unit be written.
  void intend(const UnitWork& unit) const;
  /// What became of it. Where that is that it is in, its rows' baseline moves with it.
  void settle(const UnitWork& unit, state::UnitState state) const;
  /// Nothing of what was intended of the unit was written, on no member.
  void withdraw(std::uint64_t unit) const;

  /// Null: nothing is kept for undo.
  [[nodiscard]] UndoLog* undo() const { return undo_; }

 private:
  state::PlanRef plan_;
  state::Store* store_ = nullptr;
  BaselineKeeper* baselines_ = nullptr;
  UndoLog* undo_ = nullptr;
};

}  // namespace rowplan::executor
