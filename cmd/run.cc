// Behind main(): options in, a command, its exit code out. The only catch-all of the program.
#include <spdlog/logger.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "cmd/apply_command.h"
#include "cmd/check_command.h"
#include "cmd/cli.h"
#include "cmd/completion_command.h"
#include "cmd/context.h"
#include "cmd/init_command.h"
#include "cmd/interrupt.h"
#include "cmd/manifest_file.h"
#include "cmd/plan_command.h"
#include "cmd/plan_report.h"
#include "cmd/resolve_command.h"
#include "cmd/show_command.h"
#include "cmd/state_command.h"
#include "cmd/status_command.h"
#include "cmd/sync_command.h"
#include "cmd/unlock_command.h"
#include "cmd/validate_command.h"
#include "cmd/version_command.h"

namespace rowplan::cmd {
namespace {

struct RunVerb {
  const Context& context;
  ExitCode operator()(const InitOptions& options) const { return run_init(options, context); }
  ExitCode operator()(const ValidateOptions& options) const {
    return run_validate(options, context);
  }
  ExitCode operator()(const PlanOptions& options) const { return run_plan(options, context); }
  ExitCode operator()(const CheckOptions& options) const { return run_check(options, context); }
  ExitCode operator()(const ShowOptions& options) const { return run_show(options, context); }
  ExitCode operator()(const ResolveOptions& options) const { return run_resolve(options, context); }
  ExitCode operator()(const ApplyOptions& options) const { return run_apply(options, context); }
  ExitCode operator()(const SyncOptions& options) const { return run_sync(options, context); }
  ExitCode operator()(const StatusOptions& options) const { return run_status(options, context); }
  ExitCode operator()(const StateOptions& options) const { return run_state(options, context); }
  ExitCode operator()(const UnlockOptions& options) const { return run_unlock(options, context); }
  ExitCode operator()(const VersionOptions&) const { return run_version(context); }
  ExitCode operator()(const CompletionOptions& options) const {
    return run_completion(options, context);
  }
};

bool talks_to_servers(const VerbOptions& verb) {
  if (const auto* const validate = std::get_if<ValidateOptions>(&verb)) return validate->connect;
  return std::holds_alternative<PlanOptions>(verb) || std::holds_alternative<CheckOptions>(verb) ||
         std::holds_alternative<ApplyOptions>(verb) || std::holds_alternative<SyncOptions>(verb);
}

planner::Diagnostics diagnostics_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const ManifestRejected& rejected) {
    return rejected.diagnostics();
  } catch (...) {
    return {};
  }
}

/// The diagnostics of a manifest as they were rendered; empty for any other failure.
std::string rendered_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const ManifestRejected& rejected) {
    return rejected.rendered();
  } catch (...) {
    return "";
  }
}

ExitCode tell(const std::exception_ptr& failure, int signal, Console& console) {
  const ErrorReport report = report_of(failure, signal);
  if (console.settings().json) {
    nlohmann::ordered_json error = {{"code", exit_code_name(report.code)},
                                    {"exit_code", static_cast<int>(report.code)},
                                    {"message", report.message},
                                    {"hint", report.hint}};
    const planner::Diagnostics diagnostics = diagnostics_of(failure);
    if (!diagnostics.empty()) error["diagnostics"] = diagnostics_json(diagnostics);
    console.print_json({{"error", error}});
    return report.code;
  }
  const std::string rendered = rendered_of(failure);
  if (!rendered.empty()) console.message(rendered);
  console.error_lines(report);
  return report.code;
}

ConsoleSettings settings_of(const GlobalOptions& global) {
  ConsoleSettings settings;
  settings.json = global.json;
  settings.quiet = global.log.quiet;
  settings.color_out = use_color(global.color, terminal_facts(STDOUT_FILENO));
  settings.color_err = use_color(global.color, terminal_facts(STDERR_FILENO));
  return settings;
}

/// A log file tells how the run ended; on stderr that stands already.
void log_end(const GlobalOptions& global, spdlog::logger* log, ExitCode code,
             const std::exception_ptr& failure, int signal) {
  if (log == nullptr || global.log.file.empty()) return;
  if (failure) log->error("{}", report_of(failure, signal).message);
  log->info("exit code {}", static_cast<int>(code));
}

ExitCode run_command(const CommandLine& command) {
  std::optional<Interrupt> interrupt;
  if (talks_to_servers(command.verb)) interrupt.emplace();
  Console console(std::cout, std::cerr, settings_of(command.global));
  std::shared_ptr<spdlog::logger> log;
  std::exception_ptr failure;
  ExitCode code = ExitCode::done;
  try {
    log = make_logger(command.global.log, console);
    const Context context{command.global, console, *log, interrupt ? &*interrupt : nullptr};
    code = std::visit(RunVerb{context}, command.verb);
  } catch (...) {
    failure = std::current_exception();
  }
  const int signal = interrupt ? interrupt->signal() : 0;
  if (failure) code = tell(failure, signal, console);
  if (!console.finish()) {
    console.error_lines({ExitCode::error, "cannot write to standard output", ""});
    code = worst(code, ExitCode::error);
  }
  log_end(command.global, log.get(), code, failure, signal);
  return code;
}

}  // namespace

int run(int argc, const char* const* argv) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  try {
    const auto parsed = parse_command_line(arguments);
    if (const auto* const command = std::get_if<CommandLine>(&parsed)) {
      return static_cast<int>(run_command(*command));
    }
    const HelpText& help = std::get<HelpText>(parsed);
    (help.is_error ? std::cerr : std::cout) << help.text << std::flush;
    return static_cast<int>(help.is_error ? ExitCode::usage : ExitCode::done);
  } catch (...) {
    GlobalOptions global;
    global.json = asks_for_json(arguments);
    Console console(std::cout, std::cerr, settings_of(global));
    const ExitCode code = tell(std::current_exception(), 0, console);
    std::cout.flush();
    return static_cast<int>(code);
  }
}

}  // namespace rowplan::cmd
