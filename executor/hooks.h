// The commands around a run: in which order they are called, and what their failures mean.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "planner/command_output.h"
#include "planner/hooks_spec.h"

namespace rowplan::executor {

enum class HookPhase : std::uint8_t { before, on_conflict, on_success, on_failure, after };
[[nodiscard]] const char* hook_phase_name(HookPhase phase) noexcept;  ///< as in the manifest

/// Whose hooks they are.
struct HookScope {
  std::string name;  ///< for reports and messages: "the manifest", "pair orders"
  std::string pair;  ///< or group; empty: not of one
  const planner::HooksSpec* spec = nullptr;
  std::string server;  ///< of a group; empty: not of one
};

struct HookFailure {
  std::string scope;
  HookPhase phase = HookPhase::before;
  std::string detail;  ///< how it ended, and the last lines that it wrote
};

/// A `before` that failed: the run must not begin. Exit code 1.
class HookError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct HookOutcome {
  bool success = false;
  bool conflicts = false;
};

struct HookCalls {
  /// Runs a command with a report on its standard input.
  std::function<planner::CommandResult(const std::vector<std::string>& argv,
                                       const std::string& input, std::chrono::milliseconds timeout)>
      command;
  std::function<std::string(HookPhase phase, const HookScope& scope)> report;
  std::function<void(const std::string& line)> log;  ///< what hooks write, and that they were run
};

/// Runs them one after the other, from the outer scope to the inner and back.
class Hooks {
 public:
  /// `scopes`: the outer one first.
  Hooks(std::vector<HookScope> scopes, HookCalls calls)
      : scopes_(std::move(scopes)), calls_(std::move(calls)) {}

  /// Throws HookError for the first that fails; Refusal{temporary} for one that ends with exit code
  /// 75. Then too finish() is to be called.
  void before();
  /// By what came of the run; for scopes whose `before` was started, or that have none and were
  /// reached. Failures do not keep the others from being called.
  [[nodiscard]] std::vector<HookFailure> finish(const HookOutcome& outcome);
  /// A server of a group has all that was planned for it: what finish() would call of a success, at
  /// once, and not again.
  [[nodiscard]] std::vector<HookFailure> leave(const std::string& server);

 private:
  /// Was it started?
  bool call(const HookScope& scope, HookPhase phase, std::vector<HookFailure>& failures,
            bool& temporary);

  std::vector<HookScope> scopes_;
  HookCalls calls_;
  std::size_t entered_ = 0;
  std::set<std::string> left_;  ///< servers
};

}  // namespace rowplan::executor
