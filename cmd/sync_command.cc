#include "cmd/sync_command.h"

#include <spdlog/logger.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "cmd/apply_report.h"
#include "cmd/hooked_run.h"
#include "cmd/manifest_file.h"
#include "cmd/observers.h"
#include "cmd/plan_report.h"
#include "cmd/run_progress.h"
#include "cmd/shown_text.h"
#include "cmd/status_metrics.h"
#include "executor/run_record.h"
#include "executor/state_hold.h"
#include "planner/display_text.h"

namespace rowplan::cmd {
namespace {

using executor::SyncResult;
using executor::SyncRound;
using nlohmann::ordered_json;

/// Each plan and each apply has a listener of its own, so that counts begin anew.
class SyncListener final : public executor::SyncObserver {
 public:
  SyncListener(ProgressView& view, spdlog::logger& log, RunProgressFile& published,
               HookedRun& hooks)
      : view_(view), log_(log), published_(published), hooks_(hooks) {}

  planner::PlanObserver& planning() override { return plan_.emplace(view_, log_, &published_); }
  executor::ApplyObserver& applying() override { return apply_.emplace(view_, log_, &published_); }
  void run_started(const std::string& run_id) override { published_.start(run_id); }
  void planned(const SyncRound& round) override {
    hooks_.set_plan(round.plan, round.digest, round.directory);
    log_.info("planned {}: {}", round.directory, planner::verdict(round.plan));
  }
  void warning(const std::string& message) override { log_.warn("{}", shown(message)); }

 private:
  ProgressView& view_;
  spdlog::logger& log_;
  RunProgressFile& published_;
  HookedRun& hooks_;
  std::optional<PlanListener> plan_;
  std::optional<ApplyListener> apply_;
};

std::string rows_line(const SyncResult& result) {
  const planner::Ops rows = result.written();
  if (rows.changes() == 0) return "";
  return rows_text(rows) + " in " + counted(result.units_applied(), "unit", "units");
}

void print_round(const SyncRound& round, bool color, std::ostream& out) {
  if (round.plan.summary.ops.changes() > 0) {
    print_table_counts(round.plan, out);
    print_watermarks(round.plan, out);
  }
  print_findings(round.plan.findings, color, out);
  if (round.applied) print_problems(*round.applied, out);
  if (!round.directory.empty()) {
    out << "Plan " << round.plan.run.plan_id << " is in " << shown(round.directory)
        << "; its digest: " << round.digest << '\n';
  }
  for (const std::string& undo : round.undo) {
    out << "What was there is kept in " << shown(undo) << '\n';
  }
}

bool is_in_sync(const SyncResult& result) {
  return result.is_success() && result.missing_spokes().empty();
}

void print_summary(const SyncResult& result, std::ostream& out) {
  const std::string rows = rows_line(result);
  if (!is_in_sync(result)) {
    out << "Not in sync: " << (rows.empty() ? "nothing was written" : rows) << ".\n";
    return;
  }
  const planner::Summary& compared = result.first_plan()->plan.summary;
  out << "In sync: " << counted(compared.tables_compared, "table", "tables") << ", "
      << planner::with_commas(compared.rows_compared) << " rows compared; "
      << (rows.empty() ? "no change" : rows)
      << (result.verified ? ", compared again and equal" : "") << ".\n";
}

void print_text(const SyncResult& result, const Context& context) {
  std::ostream& out = context.console.out();
  const bool color = context.console.settings().color_out;
  for (const SyncRound& round : result.rounds) print_round(round, color, out);
  if (result.verified && !result.verified->equal) {
    out << "Compared again after the apply, these differ:\n";
    print_table_counts(result.verified->plan, out);
    print_findings(result.verified->plan.findings, color, out);
  }
  print_summary(result, out);
}

ordered_json round_json(const SyncRound& round) {
  const planner::Plan& plan = round.plan;
  return {{"plan_id", plan.run.plan_id},
          {"resumed", round.resumed},
          {"directory", round.directory.empty() ? ordered_json() : ordered_json(round.directory)},
          {"digest", round.digest},
          {"applyable", plan.applyable},
          {"complete", plan.complete},
          {"summary", summary_json(plan.summary)},
          {"tables", tables_json(plan)},
          {"findings", findings_json(plan.findings)},
          {"units", round.applied ? units_json(*round.applied) : ordered_json()},
          {"rows", round.applied ? rows_json(round.applied->written, round.applied->superseded)
                                 : ordered_json()},
          {"problems", round.applied ? problems_json(*round.applied) : ordered_json::array()},
          {"undo", round.undo}};
}

ordered_json sync_json(const SyncResult& result, const std::optional<ErrorReport>& failure) {
  ordered_json plans = ordered_json::array();
  for (const SyncRound& round : result.rounds) plans.push_back(round_json(round));
  ordered_json verified;
  if (result.verified) {
    verified = {{"equal", result.verified->equal},
                {"summary", summary_json(result.verified->plan.summary)},
                {"tables", tables_json(result.verified->plan)}};
  }
  ordered_json document = {{"run_id", result.run_id},
                           {"in_sync", is_in_sync(result)},
                           {"plans", plans},
                           {"rows", rows_json(result.written(), result.superseded())},
                           {"units_stale", result.units_stale()},
                           {"verified", verified},
                           {"missing_spokes", result.missing_spokes()},
                           {"audit_problems", result.audit_problems()},
                           {"interrupted", result.interrupted},
                           {"out_of_time", result.out_of_time},
                           {"exit_code", result.exit_code}};
  if (failure) document["error"] = error_json(*failure);
  return document;
}

/// Why the run is not a success, where no failure says so; empty for one that is.
std::optional<ErrorReport> stop_of(const SyncResult& result, ExitCode code) {
  if (result.interrupted) return ErrorReport{code, "stopped by a signal", "the next sync goes on"};
  if (result.out_of_time) {
    return ErrorReport{code, "the time of --max-duration is over", "the next sync goes on"};
  }
  if (result.units_stale() > 0) {
    return ErrorReport{code,
                       counted(result.units_stale(), "unit was", "units were") +
                           " stale again after " + std::to_string(executor::kReplansMax) +
                           " more plans: rows change as fast as they are compared",
                       "sync again when less is written to them"};
  }
  if (code == ExitCode::partial) {
    std::string names;
    for (const std::string& spoke : result.missing_spokes()) {
      names += (names.empty() ? "" : ", ") + spoke;
    }
    return ErrorReport{code, "could not be reached and was left out: " + names,
                       "the next sync takes in what it has missed"};
  }
  if (result.verified && !result.verified->equal) {
    return ErrorReport{code, "rows differ that were compared again after the apply",
                       "see whether the source was written meanwhile, and sync again"};
  }
  return std::nullopt;
}

}  // namespace

ExitCode exit_code_of_sync(const SyncResult& result, int signal) {
  ExitCode code = ExitCode::done;
  if (result.failure) code = worst(code, report_of(result.failure, signal).code);
  if (result.interrupted) code = worst(code, exit_code_of_signal(signal));
  if (result.out_of_time) code = worst(code, ExitCode::temporary);
  // What ended before its last plan might have settled what is stale.
  if (result.units_stale() > 0 && !result.failure && !result.out_of_time) {
    code = worst(code, result.units_applied() > 0 ? ExitCode::partial : ExitCode::stale);
  }
  if (result.verified && !result.verified->equal) code = worst(code, ExitCode::error);
  if (result.is_success() && !is_in_sync(result)) code = worst(code, ExitCode::partial);
  // Never success where something was left out, whatever the reason.
  if (code == ExitCode::done && !result.is_success()) code = ExitCode::error;
  // The rows are in; what was asked for beside them is not.
  if (code == ExitCode::done && !result.audit_problems().empty()) code = ExitCode::error;
  return code;
}

namespace {

std::optional<ErrorReport> failure_of(const SyncResult& result, ExitCode code,
                                      const Context& context) {
  if (result.failure) return report_of(result.failure, context.signal());
  return stop_of(result, code);
}

executor::SyncRequest request_of(const SyncOptions& options, const LoadedManifest& loaded,
                                 const Context& context) {
  executor::SyncRequest request;
  request.manifest = &loaded.manifest;
  request.manifest_text = loaded.text;
  request.base_dir = loaded.base_dir;
  request.selection = options.selection;
  request.full = options.full;
  request.lock_wait = options.lock_wait;
  request.max_duration = options.max_duration;
  request.tool_version = ROWPLAN_VERSION;
  request.stop = context.stop();
  request.exit_code = [&context](const SyncResult& result) {
    return static_cast<int>(exit_code_of_sync(result, context.signal()));
  };
  return request;
}

ExitCode sync_between_hooks(const SyncOptions& options, const LoadedManifest& loaded,
                            const Context& context) {
  HookedRun hooks(loaded, executor::selected_pairs(loaded.manifest, options.selection), "sync",
                  context);
  RunProgressFile published(executor::state_path_of(loaded.manifest), "sync");
  ProgressView view(context.console, progress_settings(context.global));
  SyncListener listener(view, context.log, published, hooks);
  executor::SyncRequest request = request_of(options, loaded, context);
  request.around = [&](const std::function<SyncResult()>& work) {
    return hooks.run(work, [&](const SyncResult& result) {
      const auto code = static_cast<ExitCode>(result.exit_code);
      return HookedEnd{code, sync_json(result, failure_of(result, code, context)), false};
    });
  };
  request.server_done = [&](const std::string& server) { hooks.server_done(server); };
  const SyncResult result = executor::sync(request, listener);
  view.finish();
  for (const std::string& problem : result.audit_problems()) context.log.warn("{}", problem);

  const ExitCode code = hooks.exit_code(static_cast<ExitCode>(result.exit_code));
  const std::optional<ErrorReport> failure = failure_of(result, code, context);
  if (context.global.json) {
    ordered_json document = sync_json(result, failure);
    document["exit_code"] = static_cast<int>(code);
    document["hooks_failed"] = hooks.failures_json();
    context.console.print_json(document);
    return code;
  }
  if (code != ExitCode::done || !context.console.settings().quiet) print_text(result, context);
  if (failure) context.console.error_lines(*failure);
  return code;
}

}  // namespace

ExitCode run_sync(const SyncOptions& options, const Context& context) {
  const LoadedManifest loaded = load_manifest(context.global.manifest);
  report_warnings(loaded, context.console);
  const RunMetrics metrics("sync", options.metrics_textfile, loaded.manifest, context);
  try {
    const ExitCode code = sync_between_hooks(options, loaded, context);
    metrics.write(code);
    return code;
  } catch (...) {
    metrics.write(report_of(std::current_exception(), context.signal()).code);
    throw;
  }
}

}  // namespace rowplan::cmd
