// SIGINT and SIGTERM: the first asks the command to stop, the second ends the process.
#pragma once

#include <atomic>

namespace rowplan::cmd {

/// From construction on. At most one at a time: signals belong to the process.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// Set by the first signal; for PlanRequest::stop and ApplyRequest::stop.
  [[nodiscard]] const std::atomic<bool>& stop() const noexcept;
  /// Which one it was, or 0.
  [[nodiscard]] int signal() const noexcept;
};

}  // namespace rowplan::cmd
