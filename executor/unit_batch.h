// Several units that share a transaction: what a COMMIT costs is then paid once.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <future>
#include <vector>

#include "executor/undo_record.h"
#include "executor/unit_work.h"

namespace rowplan::executor {

/// May the unit share a transaction with others? Not one in steps, nor one whose writes fire
/// triggers.
[[nodiscard]] bool may_share(const UnitWork& unit);

/// May the two share one? Only where both change the same server by writing to the same one.
[[nodiscard]] bool may_share(const UnitWork& one, const UnitWork& other);

/// Bytes of the unit's values, roughly: what a batch is bounded by.
[[nodiscard]] std::uint64_t size_of(const UnitWork& unit);

/// Loads a plan's units in their order, as many at a time as may share a transaction. It begins
/// with one and doubles: where others write too, a transaction is to be short. While a batch is
/// applied, a thread reads the units after it.
class BatchLoader {
 public:
  /// All must outlive this; `index` is not for others' use while this lives.
  BatchLoader(const std::vector<planner::PlanUnit>& units, UnitIndex& index)
      : units_(units), index_(index) {}
  [[nodiscard]] bool more() { return front() != nullptr; }
  /// Empty: that was all. Throws PlanError.
  [[nodiscard]] std::vector<UnitWork> next();
  /// The last ones could not go together: begin with one again.
  void shrink() { most_ = 1; }
  /// So long the last ones took: after half a second, fewer go together.
  void took(std::chrono::milliseconds time);

 private:
  [[nodiscard]] UnitWork* front();
  void load_ahead();

  const std::vector<planner::PlanUnit>& units_;
  UnitIndex& index_;
  std::size_t most_ = 1;
  std::deque<UnitWork> loaded_;
  std::size_t next_ = 0;                      // the thread's, while there is one
  std::future<std::deque<UnitWork>> coming_;  // last: its end waits for the thread
};

/// `units`, of one target, as one: its tables in order of address, their changes in key order.
[[nodiscard]] UnitWork merged(const std::vector<UnitWork>& units);

/// What was kept of `unit`, by the units that it was merged of.
[[nodiscard]] std::vector<UndoUnit> by_unit(UndoUnit kept, const UnitWork& unit);

}  // namespace rowplan::executor
