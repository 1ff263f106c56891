// A unit that is committed in several transactions: which of them are done, and the next one.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "executor/unit_work.h"
#include "mysql/session.h"
#include "planner/unit_split.h"

namespace rowplan::executor {

class UnitStepping {
 public:
  /// Cuts the unit as the planner did. `unit` must outlive this. Throws PlanError where that gives
  /// other steps than the plan has.
  explicit UnitStepping(const UnitWork& unit);

  [[nodiscard]] std::uint64_t steps() const { return steps_.size(); }

  /// How many steps the target has behind it: the one state that all chunks are in. nullopt: they
  /// are in none. Reads without locks: step() judges again under lock. Throws mysql::Error.
  [[nodiscard]] std::optional<std::uint64_t> reached(mysql::Session& target) const;

  /// Step `i`, from 0, as a unit: the chunks that it writes, from state i to i + 1. Good until the
  /// next call.
  [[nodiscard]] const UnitWork& step(std::uint64_t i);

 private:
  const UnitWork& unit_;
  std::vector<planner::StepChanges> steps_;
  UnitWork work_;
  std::deque<planner::PlanChunk> chunks_;  // of work_
};

}  // namespace rowplan::executor
