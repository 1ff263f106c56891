// The exit codes of the contract, and the one place where failures become one of them.
#pragma once

#include <exception>
#include <string>

#include "planner/refusal.h"

namespace rowplan::cmd {

/// docs/exit-codes.md says what an operator does about each.
enum class ExitCode : int {
  done = 0,
  error = 1,
  differs = 2,
  partial = 3,
  outdated = 4,
  stale = 10,
  locked = 11,
  access = 12,
  limit = 13,
  state = 14,
  conflict = 15,
  digest = 16,
  usage = 64,
  temporary = 75,
  manifest = 78,
  interrupted = 130,
  terminated = 143,
};

/// Stable, snake_case: the `code` of an error in JSON.
[[nodiscard]] const char* exit_code_name(ExitCode code) noexcept;

/// Where both apply, the one that stands first in the contract's order.
[[nodiscard]] ExitCode worst(ExitCode left, ExitCode right) noexcept;

[[nodiscard]] ExitCode exit_code_of(planner::RefusalReason reason) noexcept;

/// A failure as a person and a script are told of it.
struct ErrorReport {
  ExitCode code = ExitCode::error;
  std::string message;  ///< one line: what, where, why; not yet made fit for a terminal
  std::string hint;     ///< what to do next; may be empty
};

/// What an exception means. `failure` is not null; `signal` is the one that stopped the command, or
/// 0.
[[nodiscard]] ErrorReport report_of(const std::exception_ptr& failure, int signal);

/// 143 for SIGTERM, else 130.
[[nodiscard]] ExitCode exit_code_of_signal(int signal) noexcept;

}  // namespace rowplan::cmd
