#include "cmd/apply_command.h"

#include <spdlog/logger.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "cmd/apply_report.h"
#include "cmd/hooked_run.h"
#include "cmd/manifest_file.h"
#include "cmd/observers.h"
#include "cmd/plan_report.h"
#include "cmd/shown_text.h"
#include "cmd/status_metrics.h"

namespace rowplan::cmd {
namespace {

using executor::ApplyResult;
using nlohmann::ordered_json;

/// " on dw": of the one server that the manifest's pairs write; else nothing.
std::string on_target(const planner::Manifest& manifest) {
  std::string target;
  for (const planner::PairSpec& pair : manifest.pairs) {
    if (pair.two_way() || (!target.empty() && target != pair.target)) return "";
    target = pair.target;
  }
  return target.empty() ? "" : " on " + shown(target);
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
  if (result.superseded > 0) {
    out << counted(result.superseded, "row", "rows")
        << " changed again on the source: left to the next window.\n";
  }
  if (result.stale > 0) {
    out << counted(result.stale, "unit is", "units are") << " stale: nothing of "
        << (result.stale == 1 ? "it" : "them") << " was written.\n";
  }
  for (const std::string& spoke : result.missing_spokes)
    out << shown(spoke) << " could not be reached and was left out.\n";
  if (result.failed > 0) out << counted(result.failed, "unit", "units") << " failed.\n";
  if (result.not_tried > 0) {
    out << counted(result.not_tried, "unit was", "units were") << " not tried.\n";
  }
  if (!result.undo.empty()) out << "What was there is kept in " << shown(result.undo) << ".\n";
}

ordered_json result_json(const ApplyResult& result, const ApplyOptions& options, ExitCode code,
                         const std::optional<ErrorReport>& failure) {
  ordered_json tables = ordered_json::array();
  for (const auto& [address, tally] : result.tables) {
    ordered_json entry = address_json(address);
    entry.update({{"status", status_name(status_of(tally))},
                  {"inserted", tally.written.insert},
                  {"updated", tally.written.update},
                  {"deleted", tally.written.remove}});
    tables.push_back(std::move(entry));
  }
  ordered_json document = {
      {"plan_id", result.plan_id},
      {"digest", result.digest},
      {"dry_run", options.dry_run},
      {"units", units_json(result)},
      {"rows", rows_json(result.written, result.superseded)},
      {"interrupted", result.interrupted},
      {"undo", result.undo.empty() ? ordered_json() : ordered_json(result.undo)},
      {"tables", tables},
      {"problems", problems_json(result)},
      {"missing_spokes", result.missing_spokes},
      {"audit_problems", result.audit_problems},
      {"exit_code", static_cast<int>(code)}};
  if (result.verified) {
    document["verified"] = {{"equal", result.verified->equal},
                            {"summary", summary_json(result.verified->plan.summary)},
                            {"tables", tables_json(result.verified->plan)}};
  }
  if (failure) document["error"] = error_json(*failure);
  return document;
}

std::optional<ErrorReport> failure_of(const ApplyResult& result, const Context& context) {
  if (!result.failure) return std::nullopt;
  return report_of(result.failure, context.signal());
}

std::vector<std::string> pairs_of(const planner::Plan& plan) {
  std::set<std::string> pairs;
  for (const planner::PlanTable& table : plan.tables)
    pairs.insert(table.address.substr(0, table.address.find('/')));
  return {pairs.begin(), pairs.end()};
}

HookedEnd hooked_end(const ApplyResult& result, const ApplyOptions& options,
                     const Context& context) {
  const ExitCode code = exit_code_of_apply(result, options.on_stale, context.signal());
  return {code, result_json(result, options, code, failure_of(result, context)), false};
}

/// What a reader of the summary does next; empty where all is done.
std::string next_step(const ApplyResult& result) {
  if (result.interrupted) return "stopped after the unit under way; apply the plan again to go on";
  if (result.verified && !result.verified->equal) {
    return "rows differ that were compared again after the apply; was the source written to?";
  }
  if (result.stale > 0) return "make a new plan for what is stale: rowplan plan -o DIR";
  if (!result.missing_spokes.empty()) {
    return "plan again when the spokes that were left out can be reached";
  }
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
  if (result.verified && !result.verified->equal) code = worst(code, ExitCode::error);
  if (!result.missing_spokes.empty()) code = worst(code, ExitCode::partial);
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
  request.verify_after = loaded.manifest.policy.verify_after && !options.dry_run;
  request.tool_version = ROWPLAN_VERSION;
  request.stop = context.stop();
  request.exit_code = [&options, &context](const ApplyResult& result) {
    return static_cast<int>(exit_code_of_apply(result, options.on_stale, context.signal()));
  };
  return request;
}

ApplyResult apply_between_hooks(const ApplyOptions& options, const LoadedManifest& loaded,
                                const Context& context, std::optional<HookedRun>& hooks) {
  RunProgressFile published(
      planner::beside(loaded.manifest.file, loaded.manifest.state_path).string(), "apply");
  ProgressView view(context.console, progress_settings(context.global));
  ApplyListener listener(view, context.log, &published);
  executor::ApplyRequest request = request_of(options, loaded, context);
  request.around = [&](const planner::LoadedPlan& plan, const std::function<ApplyResult()>& work) {
    hooks.emplace(loaded, pairs_of(plan.plan), "apply", context);
    hooks->set_plan(plan.plan, plan.digest);
    return hooks->run(
        work, [&](const ApplyResult& result) { return hooked_end(result, options, context); });
  };
  request.server_done = [&](const std::string& server) {
    if (hooks) hooks->server_done(server);
  };
  ApplyResult result = executor::apply(request, listener);
  view.finish();
  for (const std::string& problem : result.audit_problems) context.log.warn("{}", problem);
  return result;
}

void tell(const ApplyResult& result, const ApplyOptions& options, const LoadedManifest& loaded,
          ExitCode code, const std::optional<HookedRun>& hooks, const Context& context) {
  const std::optional<ErrorReport> failure = failure_of(result, context);
  if (context.global.json) {
    ordered_json document = result_json(result, options, code, failure);
    if (hooks) document["hooks_failed"] = hooks->failures_json();
    context.console.print_json(document);
    return;
  }
  print_summary(result, options, on_target(loaded.manifest), context.console.out());
  print_problems(result, context.console.out());
  if (result.verified) {
    print_table_counts(result.verified->plan, context.console.out());
    context.console.out() << "Compared again after the apply: "
                          << (result.verified->equal ? "equal" : "different") << ".\n";
  }
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
    std::optional<HookedRun> hooks;
    const ApplyResult result = apply_between_hooks(options, loaded, context, hooks);
    ExitCode code = exit_code_of_apply(result, options.on_stale, context.signal());
    if (hooks) code = hooks->exit_code(code);
    write_metrics(code);
    tell(result, options, loaded, code, hooks, context);
    return code;
  } catch (...) {
    write_metrics(report_of(std::current_exception(), context.signal()).code);
    throw;
  }
}

}  // namespace rowplan::cmd
