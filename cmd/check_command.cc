#include "cmd/check_command.h"

#include <nlohmann/json.hpp>

#include "cmd/atomic_file.h"
#include "cmd/junit_report.h"
#include "cmd/manifest_file.h"
#include "cmd/observers.h"
#include "cmd/plan_report.h"
#include "cmd/shown_text.h"
#include "executor/reading_pause.h"
#include "planner/display_text.h"
#include "planner/planner.h"

namespace rowplan::cmd {
namespace {

/// A fast comparison stops before it has counted what differs.
bool differs(const planner::Plan& plan) {
  return plan.summary.ops.changes() > 0 || plan.summary.tables_changed > 0;
}

std::string verdict_of(const planner::Plan& plan, ExitCode code) {
  if (code == ExitCode::done) {
    std::string text = "Equal: " + counted(plan.summary.tables_compared, "table", "tables") + ", " +
                       planner::with_commas(plan.summary.rows_compared) + " rows compared";
    if (plan.summary.ops.kept > 0) {
      text += "; only on the target and kept: " + planner::with_commas(plan.summary.ops.kept);
    }
    return text + '.';
  }
  if (!differs(plan) && planner::read_what_is_there(plan) && !plan.complete) {
    return "No difference was found. " + planner::incomplete_text(plan) +
           " This says nothing of its rows.";
  }
  if (!differs(plan)) {
    return plan.complete ? "No difference was found, but see the findings of severity error."
                         : "Not every table was read to its end: this says nothing of the others.";
  }
  if (plan.summary.ops.changes() == 0) return "Different: stopped at the first difference.";
  std::string text = "Different: " + planner::ops_text(plan.summary.ops) + " on " +
                     planner::target_names(plan) + " to make it equal";
  if (!plan.complete) text += ", as far as was compared";
  return text + '.';
}

planner::Plan compare(const CheckOptions& options, const Context& context) {
  const LoadedManifest loaded = load_manifest(context.global.manifest);
  report_warnings(loaded, context.console);
  planner::PlanRequest request;
  request.manifest = &loaded.manifest;
  request.manifest_text = loaded.text;
  request.base_dir = loaded.base_dir;
  request.selection = options.selection;
  request.tool_version = ROWPLAN_VERSION;
  request.stop = context.stop();
  ProgressView view(context.console, progress_settings(context.global));
  PlanListener listener(view, context.log);
  request.pause =
      executor::reading_pause(loaded.manifest, loaded.base_dir, context.stop(), listener);
  return planner::compare_only(request, options.fast, listener);
}

/// A report of an earlier run must not be taken for this one's.
planner::Plan compare_or_report_failure(const CheckOptions& options, const Context& context) {
  try {
    return compare(options, context);
  } catch (...) {
    if (!options.junit.empty()) {
      const ErrorReport failure = report_of(std::current_exception(), context.signal());
      write_file_atomically(options.junit, junit_of_failure(failure), true);
    }
    throw;
  }
}

}  // namespace

ExitCode exit_code_of_check(const planner::Plan& plan, bool fast) noexcept {
  ExitCode code = exit_code_of_findings(plan);
  if (fast && differs(plan) && code == ExitCode::error) code = ExitCode::done;
  if (planner::lacks_spokes(plan.findings)) code = worst(code, ExitCode::partial);
  return differs(plan) ? worst(code, ExitCode::differs) : code;
}

ExitCode run_check(const CheckOptions& options, const Context& context) {
  const planner::Plan plan = compare_or_report_failure(options, context);
  const ExitCode code = exit_code_of_check(plan, options.fast);
  if (!options.junit.empty()) write_file_atomically(options.junit, junit_of_plan(plan), true);
  if (context.global.json) {
    context.console.print_json({{"equal", code == ExitCode::done},
                                {"complete", plan.complete},
                                {"summary", summary_json(plan.summary)},
                                {"tables", tables_json(plan)},
                                {"findings", findings_json(plan.findings)},
                                {"exit_code", static_cast<int>(code)}});
    return code;
  }
  std::ostream& out = context.console.out();
  print_table_counts(plan, out);
  print_findings(plan.findings, context.console.settings().color_out, out);
  out << verdict_of(plan, code) << '\n';
  return code;
}

}  // namespace rowplan::cmd
