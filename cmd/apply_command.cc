#include "cmd/apply_command.h"

#include <spdlog/logger.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "cmd/manifest_file.h"
#include "cmd/observers.h"
#include "cmd/shown_text.h"
#include "cmd/status_metrics.h"

namespace rowplan::cmd {
namespace {

using executor::ApplyResult;
using nlohmann::ordered_json;

constexpr std::size_t kProblemsShown = 20;

/// " on dw": of the one server that the manifest's pairs write; else nothing.
std::string on_target(const planner::Manifest& manifest) {
  std::string target;
  for (const planner::PairSpec& pair : manifest.pairs) {
    if (!target.empty() && target != pair.target) return "";
    target = pair.target;
  }
  return target.empty() ? "" : " on " + shown(target);
}

std::string rows_text(const planner::Ops& rows) {
  return std::to_string(rows.insert) + " inserted, " + std::to_string(rows.update) + " updated, " +
         std::to_string(rows.remove) + " deleted";
}

void print_summary(const ApplyResult& result, const ApplyOptions& options,
                   const std::string& target, std::ostream& out) {
  if (options.dry_run) {
    out << "Dry run: nothing was written. " << result.applied << " of "
        << counted(result.units, "unit", "units")
        << " would be applied: " << rows_text(result.written) << target << ".\n";
  } else {
    out << "Applied " << result.applied << " of " << counted(result.units, "unit", "units") << ": "
        << rows_text(result.written) << target << ".\n";
  }
  if (result.already_done > 0) {
    out << counted(result.already_done, "unit was", "units were") << " as planned already.\n";
  }
  if (result.stale > 0) {
    out << counted(result.stale, "unit is", "units are") << " stale: nothing of "
        << (result.stale == 1 ? "it" : "them") << " was written.\n";
  }
  if (result.failed > 0) out << counted(result.failed, "unit", "units") << " failed.\n";
  if (result.not_tried > 0) {
    out << counted(result.not_tried, "unit was", "units were") << " not tried.\n";
  }
  if (!result.undo.empty()) out << "What was there is kept in " << shown(result.undo) << ".\n";
}

void print_problems(const ApplyResult& result, std::ostream& out) {
  for (std::size_t i = 0; i < result.problems.size() && i < kProblemsShown; ++i) {
    const executor::UnitProblem& problem = result.problems[i];
    out << "unit " << problem.unit << ' ' << outcome_name(problem.outcome) << ": "
        << shown(problem.address) << ": " << shown(problem.detail) << '\n';
  }
  if (result.problems.size() > kProblemsShown) {
    out << "and " << result.problems.size() - kProblemsShown << " more: --json lists them all\n";
  }
}

ordered_json error_json(const ErrorReport& report) {
  return {{"code", exit_code_name(report.code)},
          {"exit_code", static_cast<int>(report.code)},
          {"message", report.message},
          {"hint", report.hint}};
}

ordered_json result_json(const ApplyResult& result, const ApplyOptions& options, ExitCode code,
                         const std::optional<ErrorReport>& failure) {
  ordered_json problems = ordered_json::array();
  for (const executor::UnitProblem& problem : result.problems) {
    problems.push_back({{"unit", problem.unit},
                        {"outcome", outcome_name(problem.outcome)},
                        {"address", problem.address},
                        {"detail", problem.detail}});
  }
  ordered_json tables = ordered_json::array();
  for (const auto& [address, tally] : result.tables) {
    tables.push_back({{"address", address},
                      {"status", status_name(status_of(tally))},
                      {"inserted", tally.written.insert},
                      {"updated", tally.written.update},
                      {"deleted", tally.written.remove}});
  }
  ordered_json document = {
      {"plan_id", result.plan_id},
      {"digest", result.digest},
      {"dry_run", options.dry_run},
      {"units",
       {{"total", result.units},
        {"applied", result.applied},
        {"already_done", result.already_done},
        {"stale", result.stale},
        {"failed", result.failed},
        {"not_tried", result.not_tried}}},
      {"rows",
       {{"inserted", result.written.insert},
        {"updated", result.written.update},
        {"deleted", result.written.remove}}},
      {"interrupted", result.interrupted},
      {"undo", result.undo.empty() ? ordered_json() : ordered_json(result.undo)},
      {"tables", tables},
      {"problems", problems},
      {"audit_problems", result.audit_problems},
      {"exit_code", static_cast<int>(code)}};
  if (failure) document["error"] = error_json(*failure);
  return document;
}

/// What a reader of the summary does next; empty where all is done.
std::string next_step(const ApplyResult& result) {
  if (result.interrupted) return "stopped after the unit under way; apply the plan again to go on";
  if (result.stale > 0) return "make a new plan for what is stale: rowplan plan -o DIR";
  return "";
}

}  // namespace

ExitCode exit_code_of_apply(const ApplyResult& result, executor::OnStale on_stale, int signal) {
  ExitCode code = ExitCode::done;
  const bool some_done = result.applied + result.already_done > 0;
  if (result.stale > 0) {
    const bool skipped = on_stale == executor::OnStale::skip && some_done;
    code = worst(code, skipped ? ExitCode::partial : ExitCode::stale);
  }
  if (result.failure) {
    code = worst(code, report_of(result.failure, signal).code);
  } else if (result.failed > 0) {
    code = worst(code, ExitCode::error);
  }
  if (result.interrupted) code = worst(code, exit_code_of_signal(signal));
  // Never success where a unit was left out, whatever the reason.
  if (code == ExitCode::done && result.not_tried > 0) {
    code = some_done ? ExitCode::partial : ExitCode::error;
  }
  // The rows are in; what was asked for beside them is not.
  if (code == ExitCode::done && !result.audit_problems.empty()) code = ExitCode::error;
  return code;
}

namespace {

executor::ApplyRequest request_of(const ApplyOptions& options, const LoadedManifest& loaded,
                                  const Context& context) {
  executor::ApplyRequest request;
  request.manifest = &loaded.manifest;
  request.base_dir = loaded.base_dir;
  request.plan_dir = options.directory;
  request.expect_digest = options.expect_digest;
  request.dry_run = options.dry_run;
  request.verify = options.verify;
  request.on_stale = options.on_stale;
  request.tool_version = ROWPLAN_VERSION;
  request.stop = context.stop();
  request.exit_code = [&options, &context](const ApplyResult& result) {
    return static_cast<int>(exit_code_of_apply(result, options.on_stale, context.signal()));
  };
  return request;
}

ApplyResult apply_with_progress(const ApplyOptions& options, const LoadedManifest& loaded,
                                const Context& context) {
  RunProgressFile published(
      planner::beside(loaded.manifest.file, loaded.manifest.state_path).string(), "apply");
  ProgressView view(context.console, progress_settings(context.global));
  ApplyListener listener(view, context.log, &published);
  ApplyResult result = executor::apply(request_of(options, loaded, context), listener);
  view.finish();
  for (const std::string& problem : result.audit_problems) context.log.warn("{}", problem);
  return result;
}

void tell(const ApplyResult& result, const ApplyOptions& options, const LoadedManifest& loaded,
          ExitCode code, const Context& context) {
  std::optional<ErrorReport> failure;
  if (result.failure) failure = report_of(result.failure, context.signal());
  if (context.global.json) {
    context.console.print_json(result_json(result, options, code, failure));
    return;
  }
  print_summary(result, options, on_target(loaded.manifest), context.console.out());
  print_problems(result, context.console.out());
  const std::string next = next_step(result);
  if (failure) {
    context.console.error_lines(*failure);
  } else if (!next.empty() && !context.console.settings().quiet) {
    context.console.message("hint: " + next);
  }
}

}  // namespace

ExitCode run_apply(const ApplyOptions& options, const Context& context) {
  const LoadedManifest loaded = load_manifest(context.global.manifest);
  report_warnings(loaded, context.console);
  const RunMetrics metrics("apply", options.metrics_textfile, loaded.manifest, context);
  const auto write_metrics = [&](ExitCode code) {
    if (!options.dry_run) metrics.write(code);
  };
  try {
    const ApplyResult result = apply_with_progress(options, loaded, context);
    const ExitCode code = exit_code_of_apply(result, options.on_stale, context.signal());
    write_metrics(code);
    tell(result, options, loaded, code, context);
    return code;
  } catch (...) {
    write_metrics(report_of(std::current_exception(), context.signal()).code);
    throw;
  }
}

}  // namespace rowplan::cmd
