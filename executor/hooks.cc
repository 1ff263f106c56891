#include "executor/hooks.h"

#include <cstring>
#include <sstream>
#include <system_error>

#include "planner/refusal.h"

namespace rowplan::executor {

namespace {

using planner::CommandResult;

constexpr int kTemporary = 75;
constexpr std::size_t kLinesTold = 5;

const std::vector<std::string>& command_of(const planner::HooksSpec& spec, HookPhase phase) {
  switch (phase) {
    case HookPhase::before:
      return spec.before;
    case HookPhase::on_conflict:
      return spec.on_conflict;
    case HookPhase::on_success:
      return spec.on_success;
    case HookPhase::on_failure:
      return spec.on_failure;
    case HookPhase::after:
      break;
  }
  return spec.after;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    if (!line.empty()) lines.push_back(line);
  return lines;
}

/// Empty: it did what it was to do.
std::string problem_of(const CommandResult& result, std::chrono::milliseconds timeout) {
  switch (result.end) {
    case CommandResult::End::exited:
      return result.code == 0 ? "" : "ended with exit code " + std::to_string(result.code);
    case CommandResult::End::signalled:
      return "was ended by signal " + std::to_string(result.code);
    case CommandResult::End::timed_out:
      return "did not end within " + std::to_string(timeout.count() / 1000) + " s and was killed";
    case CommandResult::End::not_started:
      return "cannot be started: " + std::generic_category().message(result.code);
    case CommandResult::End::too_long:
      break;
  }
  return "wrote too much";
}

std::string last_lines(const std::vector<std::string>& lines) {
  std::string text;
  const std::size_t first = lines.size() > kLinesTold ? lines.size() - kLinesTold : 0;
  for (std::size_t i = first; i < lines.size(); ++i)
    text += (text.empty() ? ": " : " | ") + lines[i];
  return text;
}

}  // namespace

const char* hook_phase_name(HookPhase phase) noexcept {
  switch (phase) {
    case HookPhase::before:
      return "before";
    case HookPhase::on_conflict:
      return "on_conflict";
    case HookPhase::on_success:
      return "on_success";
    case HookPhase::on_failure:
      return "on_failure";
    case HookPhase::after:
      break;
  }
  return "after";
}

void Hooks::before() {
  for (const HookScope& scope : scopes_) {
    std::vector<HookFailure> failures;
    bool temporary = false;
    if (call(scope, HookPhase::before, failures, temporary)) ++entered_;
    if (failures.empty()) continue;
    const std::string what =
        "the hook before of " + scope.name + ' ' + failures.front().detail + "; nothing was read";
    if (!temporary) throw HookError(what);
    throw planner::Refusal(planner::RefusalReason::temporary, what, "run again later");
  }
}

std::vector<HookFailure> Hooks::finish(const HookOutcome& outcome) {
  std::vector<HookFailure> failures;
  bool temporary = false;
  for (; entered_ > 0; --entered_) {
    const HookScope& scope = scopes_[entered_ - 1];
    if (left_.count(scope.server) > 0) continue;
    if (outcome.conflicts) (void)call(scope, HookPhase::on_conflict, failures, temporary);
    (void)call(scope, outcome.success ? HookPhase::on_success : HookPhase::on_failure, failures,
               temporary);
    (void)call(scope, HookPhase::after, failures, temporary);
  }
  return failures;
}

std::vector<HookFailure> Hooks::leave(const std::string& server) {
  std::vector<HookFailure> failures;
  bool temporary = false;
  for (std::size_t i = 0; i < entered_; ++i) {
    if (scopes_[i].server.empty() || scopes_[i].server != server) continue;
    if (!left_.insert(server).second) break;
    (void)call(scopes_[i], HookPhase::on_success, failures, temporary);
    (void)call(scopes_[i], HookPhase::after, failures, temporary);
  }
  return failures;
}

bool Hooks::call(const HookScope& scope, HookPhase phase, std::vector<HookFailure>& failures,
                 bool& temporary) {
  const std::vector<std::string>& argv = command_of(*scope.spec, phase);
  if (argv.empty()) return true;
  const std::string name = std::string("hook ") + hook_phase_name(phase) + " of " + scope.name;
  const CommandResult result =
      calls_.command(argv, calls_.report(phase, scope), scope.spec->timeout);
  const std::vector<std::string> lines = lines_of(result.output);
  for (const std::string& line : lines) calls_.log(name + ": " + line);
  const std::string problem = problem_of(result, scope.spec->timeout);
  calls_.log(name + (problem.empty() ? " done" : ' ' + problem));
  if (!problem.empty()) failures.push_back({scope.name, phase, problem + last_lines(lines)});
  temporary = result.end == CommandResult::End::exited && result.code == kTemporary;
  return result.end != CommandResult::End::not_started;
}

}  // namespace rowplan::executor
