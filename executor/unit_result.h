// What became of a unit.
#pragma once

#include <exception>
#include <string>
#include <utility>

#include "executor/executor.h"
#include "executor/unit_work.h"

namespace rowplan::executor {

struct UnitResult {
  UnitOutcome outcome = UnitOutcome::failed;
  std::string address;  ///< of the table that it is about, where not applied
  std::string detail;
  /// Of a unit that failed. Null: nobody knows what became of it, and another look will tell.
  std::exception_ptr failure;
  TableOps written = {};         ///< rows committed, of a unit in steps even where it is not done
  planner::Ops superseded = {};  ///< planned, and left to the next window
};

[[nodiscard]] inline UnitResult failed(const std::string& address, const std::string& detail,
                                       std::exception_ptr why) {
  return {UnitOutcome::failed, address, detail, std::move(why)};
}

}  // namespace rowplan::executor
