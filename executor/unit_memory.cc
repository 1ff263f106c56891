#include "executor/unit_memory.h"

namespace rowplan::executor {

using state::Journal;
using state::Store;
using state::UnitState;

void UnitMemory::intend(const UnitWork& unit) const {
  if (store_ == nullptr) return;
  store_->atomically([&] {
    Journal(*store_).intend(plan_, unit.units());
    baselines_->intend(unit);
  });
}

void UnitMemory::settle(const UnitWork& unit, UnitState state) const {
  if (store_ == nullptr) return;
  std::vector<state::UnitRows> units = unit.units();
  if (state != UnitState::committed)
    for (state::UnitRows& each : units) each.rows = 0;
  // A power failure may take it back: then the rows themselves tell, and what was intended.
  store_->atomically(
      [&] {
        Journal(*store_).settle(plan_, units, state);
        if (state == UnitState::committed) baselines_->unit_in(unit);
      },
      Store::Sync::later);
}

void UnitMemory::withdraw(std::uint64_t unit) const {
  if (store_ != nullptr) baselines_->withdraw(unit);
}

}  // namespace rowplan::executor
