// The hooks of the manifest around a verb that writes. docs/hooks.md describes what they are told.
#pragma once

#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cmd/context.h"
#include "cmd/manifest_file.h"
#include "executor/hooks.h"
#include "planner/plan.h"

namespace rowplan::cmd {

/// What a run came to, as its hooks are told.
struct HookedEnd {
  ExitCode code = ExitCode::error;
  nlohmann::ordered_json details;  ///< further members of the report
  bool conflicts = false;
};

class HookedRun {
 public:
  /// Of the manifest and of `pairs`. `loaded` and `context` must outlive this. To be made when the
  /// run can begin: what keeps others out is held already.
  HookedRun(const LoadedManifest& loaded, std::vector<std::string> pairs, std::string verb,
            const Context& context);

  /// Which plan it is, for reports from now on. Conflicts of plans before stay told.
  void set_plan(const planner::Plan& plan, const std::string& digest, const std::string& directory);

  /// A server of a group has all that was planned for it: its hooks need not wait for the others.
  void server_done(const std::string& server) noexcept;

  /// Calls `work` between the hooks, and `conclude` with what it returned, for a HookedEnd. Throws
  /// HookError and Refusal{temporary} for a `before` that failed, and what `work` throws; the hooks
  /// that are due are called before that.
  template <typename Work, typename Conclude>
  auto run(const Work& work, const Conclude& conclude) {
    try {
      hooks_.before();
      auto result = work();
      finish(conclude(result));
      return result;
    } catch (...) {
      finish(end_of(std::current_exception()));
      throw;
    }
  }

  /// Hooks that failed after the run; they stand on stderr already.
  [[nodiscard]] nlohmann::ordered_json failures_json() const;
  /// `code`, but 1 instead of 0 where a hook failed.
  [[nodiscard]] ExitCode exit_code(ExitCode code) const;

 private:
  [[nodiscard]] HookedEnd end_of(const std::exception_ptr& failure) const;
  void finish(const HookedEnd& end) noexcept;
  void report_failures() const;
  [[nodiscard]] std::string report(executor::HookPhase phase,
                                   const executor::HookScope& scope) const;
  [[nodiscard]] planner::CommandResult command(const std::vector<std::string>& argv,
                                               const std::string& input,
                                               std::chrono::milliseconds timeout) const;

  const LoadedManifest& loaded_;
  const Context& context_;
  nlohmann::ordered_json facts_;             ///< what all reports of this run hold
  std::vector<std::string> conflict_plans_;  ///< directories of those that have any
  executor::Hooks hooks_;
  std::vector<executor::HookFailure> failures_;
};

}  // namespace rowplan::cmd
