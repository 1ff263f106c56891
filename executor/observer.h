// What the executor tells while it works. It prints nothing itself; views in cmd/ listen.
#pragma once

#include <cstdint>
#include <string>

namespace rowplan::executor {

enum class UnitOutcome : std::uint8_t { applied, already_done, stale, failed };

class ApplyObserver {
 public:
  virtual ~ApplyObserver() = default;
  /// It has the lock and is in the history; never told of a dry run.
  virtual void run_started(const std::string& /*run_id*/, const std::string& /*plan_id*/) {}
  virtual void apply_started(std::uint64_t /*units*/, std::uint64_t /*changes*/) {}
  /// Of units that go together, the first. `address`: one of its tables.
  virtual void unit_started(std::uint64_t /*unit*/, const std::string& /*address*/) {}
  virtual void unit_finished(std::uint64_t /*unit*/, UnitOutcome /*outcome*/,
                             std::uint64_t /*rows_written*/, const std::string& /*detail*/) {}
  /// The whole unit is going to be tried again, after `delay_ms`.
  virtual void unit_retry(std::uint64_t /*unit*/, unsigned /*attempt*/, unsigned /*delay_ms*/,
                          const std::string& /*cause*/) {}
  /// Work waits, by the throttle; an empty reason: it goes on.
  virtual void waiting(const std::string& /*reason*/) {}
  virtual void warning(const std::string& /*message*/) {}
  virtual void note(const std::string& /*message*/) {}  ///< for the log
};

}  // namespace rowplan::executor
