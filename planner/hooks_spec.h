// Commands that a run calls before, after, and by what came of it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace rowplan::planner {

/// [hooks], [pair.NAME.hooks], [group.NAME.hooks], [server.NAME.hooks]. Each a program and its
/// arguments, run without a shell; empty: none.
struct HooksSpec {
  std::vector<std::string> before;
  std::vector<std::string> after;
  std::vector<std::string> on_success;
  std::vector<std::string> on_failure;
  std::vector<std::string> on_conflict;
  std::chrono::milliseconds timeout{60'000};  ///< of each

  [[nodiscard]] bool empty() const {
    return before.empty() && after.empty() && on_success.empty() && on_failure.empty() &&
           on_conflict.empty();
  }
};

}  // namespace rowplan::planner
