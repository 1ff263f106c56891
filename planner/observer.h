// What the planner tells while it works. It prints nothing itself; views in cmd/ listen.
#pragma once

#include <cstdint>
#include <string>

#include "planner/finding.h"

namespace rowplan::planner {

/// Called from several threads; implementations lock. Default: deaf.
class PlanObserver {
 public:
  virtual ~PlanObserver() = default;
  /// Once, before the first table. `rows_estimate` is the servers' own guess, display only.
  virtual void compare_started(std::uint64_t /*tables*/, std::uint64_t /*rows_estimate*/) {}
  virtual void table_started(const std::string& /*address*/, std::uint64_t /*rows_estimate*/) {}
  /// Rows read on the first member since table_started; a few times a second at most.
  virtual void table_progress(const std::string& /*address*/, std::uint64_t /*rows*/,
                              std::uint64_t /*chunks_differing*/) {}
  /// Differing chunks are read again before they are believed.
  virtual void table_recheck(const std::string& /*address*/, std::uint64_t /*chunks*/,
                             unsigned /*round*/) {}
  virtual void table_finished(const std::string& /*address*/, std::uint64_t /*rows*/,
                              std::uint64_t /*changes*/) {}
  /// A comparison waits before its next table; an empty reason: it goes on.
  virtual void waiting(const std::string& /*reason*/) {}
  virtual void warning(const std::string& /*message*/) {}
  virtual void finding(const Finding& /*finding*/) {}
  virtual void note(const std::string& /*message*/) {}  ///< for the log
};

}  // namespace rowplan::planner
