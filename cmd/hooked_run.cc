#include "cmd/hooked_run.h"

#include <spdlog/logger.h>

#include <algorithm>

#include "cmd/plan_report.h"
#include "state/clock.h"

namespace rowplan::cmd {
namespace {

constexpr const char* kReportVersion = "1.0";
constexpr std::size_t kOutputKept = 64U << 10U;

std::string now_text() { return state::rfc3339_utc(std::chrono::system_clock::now()); }

std::vector<executor::HookScope> scopes_of(const planner::Manifest& manifest,
                                           const std::vector<std::string>& pairs) {
  std::vector<executor::HookScope> scopes = {{"the manifest", "", &manifest.hooks, ""}};
  std::vector<std::string> servers;  // of groups
  for (const planner::PairSpec& pair : manifest.pairs) {
    if (std::find(pairs.begin(), pairs.end(), pair.name) == pairs.end()) continue;
    const std::string& name = pair.group.empty() ? pair.name : pair.group;
    // The spokes of a group stand one after the other.
    if (scopes.back().pair != name)
      scopes.push_back({(pair.group.empty() ? "pair " : "group ") + name, name, &pair.hooks, ""});
    for (const std::string& server : pair.members())
      if (!pair.group.empty() && std::find(servers.begin(), servers.end(), server) == servers.end())
        servers.push_back(server);
  }
  for (const std::string& server : servers)
    scopes.push_back({"server " + server, "", &manifest.servers.at(server).hooks, server});
  return scopes;
}

}  // namespace

HookedRun::HookedRun(const LoadedManifest& loaded, std::vector<std::string> pairs, std::string verb,
                     const Context& context)
    : loaded_(loaded),
      context_(context),
      facts_({{"format_version", kReportVersion},
              {"tool_version", ROWPLAN_VERSION},
              {"verb", std::move(verb)},
              {"manifest", {{"name", loaded.manifest.name}, {"file", loaded.manifest.file}}},
              {"pairs", pairs},
              {"started_at", now_text()},
              {"finished_at", nullptr},
              {"plan_id", nullptr},
              {"digest", nullptr},
              {"summary", nullptr},
              {"exit_code", nullptr},
              {"outcome", nullptr},
              {"conflicts", false}}),
      hooks_(scopes_of(loaded.manifest, pairs),
             {[this](const auto& argv, const std::string& input,
                     std::chrono::milliseconds timeout) { return command(argv, input, timeout); },
              [this](executor::HookPhase phase, const executor::HookScope& scope) {
                return report(phase, scope);
              },
              [&context](const std::string& line) { context.log.debug("{}", line); }}) {}

void HookedRun::set_plan(const planner::Plan& plan, const std::string& digest) {
  facts_["plan_id"] = plan.run.plan_id;
  facts_["digest"] = digest;
  facts_["summary"] = summary_json(plan.summary);
  facts_["conflicts"] = plan.summary.ops.conflict > 0;
}

HookedEnd HookedRun::end_of(const std::exception_ptr& failure) const {
  const ErrorReport error = report_of(failure, context_.signal());
  return {error.code,
          {{"error",
            {{"code", exit_code_name(error.code)},
             {"exit_code", static_cast<int>(error.code)},
             {"message", error.message},
             {"hint", error.hint}}}},
          error.code == ExitCode::conflict};
}

void HookedRun::finish(const HookedEnd& end) noexcept {
  try {
    facts_["finished_at"] = now_text();
    facts_["exit_code"] = static_cast<int>(end.code);
    facts_["outcome"] = exit_code_name(end.code);
    const bool conflicts = end.conflicts || facts_["conflicts"].get<bool>();
    facts_["conflicts"] = conflicts;
    if (end.details.is_object()) facts_.update(end.details);
    for (executor::HookFailure& failure :
         hooks_.finish({.success = end.code == ExitCode::done, .conflicts = conflicts}))
      failures_.push_back(std::move(failure));
    report_failures();
  } catch (...) {
    failures_.push_back({"the manifest", executor::HookPhase::after, "out of memory"});
  }
}

void HookedRun::server_done(const std::string& server) noexcept {
  try {
    const nlohmann::ordered_json run = facts_;
    facts_["finished_at"] = now_text();
    facts_["exit_code"] = static_cast<int>(ExitCode::done);
    facts_["outcome"] = exit_code_name(ExitCode::done);
    for (executor::HookFailure& failure : hooks_.leave(server))
      failures_.push_back(std::move(failure));
    facts_ = run;
  } catch (...) {
    failures_.push_back({"server " + server, executor::HookPhase::after, "out of memory"});
  }
}

std::string HookedRun::report(executor::HookPhase phase, const executor::HookScope& scope) const {
  nlohmann::ordered_json document = facts_;
  document["phase"] = executor::hook_phase_name(phase);
  const auto or_null = [](const std::string& name) {
    return name.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(name);
  };
  document["pair"] = or_null(scope.pair);
  document["server"] = or_null(scope.server);
  return document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

planner::CommandResult HookedRun::command(const std::vector<std::string>& argv,
                                          const std::string& input,
                                          std::chrono::milliseconds timeout) const {
  std::vector<std::string> located = argv;
  // As a password_command: without a slash it is searched in PATH.
  if (located[0].find('/') != std::string::npos)
    located[0] = planner::beside(loaded_.manifest.file, located[0]).string();
  planner::CommandInput given;
  given.text = input;
  for (const auto& [name, server] : loaded_.manifest.servers)
    if (!server.password_env.empty()) given.without_env.push_back(server.password_env);
  return planner::run_with_input(located, given, {.timeout = timeout, .max_bytes = kOutputKept});
}

void HookedRun::report_failures() const {
  for (const executor::HookFailure& failure : failures_)
    context_.console.error_lines({ExitCode::error,
                                  std::string("the hook ") +
                                      executor::hook_phase_name(failure.phase) + " of " +
                                      failure.scope + ' ' + failure.detail,
                                  failure.phase == executor::HookPhase::after
                                      ? "see that what the hook before began is ended"
                                      : ""});
}

nlohmann::ordered_json HookedRun::failures_json() const {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const executor::HookFailure& failure : failures_)
    list.push_back({{"scope", failure.scope},
                    {"phase", executor::hook_phase_name(failure.phase)},
                    {"detail", failure.detail}});
  return list;
}

ExitCode HookedRun::exit_code(ExitCode code) const {
  return code == ExitCode::done && !failures_.empty() ? ExitCode::error : code;
}

}  // namespace rowplan::cmd
