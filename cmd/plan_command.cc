#include "cmd/plan_command.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "cmd/manifest_file.h"
#include "cmd/observers.h"
#include "cmd/plan_report.h"
#include "cmd/shown_text.h"
#include "executor/reading_pause.h"
#include "planner/display_text.h"
#include "planner/planner.h"

namespace rowplan::cmd {
namespace {

/// One line for each way in which rows flow; the planner's verdict where none do.
void print_verdict(const planner::Plan& plan, std::ostream& out) {
  const bool both_ways =
      std::any_of(plan.tables.begin(), plan.tables.end(),
                  [](const planner::PlanTable& table) { return table.two_way(); });
  if (both_ways) {
    out << planner::verdict(plan) << '\n';
    return;
  }
  std::map<std::pair<std::string, std::string>, planner::Ops> directions;
  for (const planner::PlanTable& table : plan.tables) {
    if (table.ops.changes() == 0) continue;
    planner::Ops& sum = directions[{table.target, table.first}];
    sum.insert += table.ops.insert;
    sum.update += table.ops.update;
    sum.remove += table.ops.remove;
    sum.conflict += table.ops.conflict;
  }
  for (const auto& [servers, ops] : directions) {
    out << "Plan: " << planner::ops_text(ops) << " on " << shown(servers.first) << " (from "
        << shown(servers.second) << ").\n";
  }
  if (directions.empty()) out << planner::verdict(plan) << '\n';
}

void print_text(const planner::WrittenPlan& written, const PlanOptions& options,
                const Context& context) {
  std::ostream& out = context.console.out();
  const planner::Plan& plan = written.plan;
  print_table_counts(plan, out);
  print_watermarks(plan, out);
  print_findings(plan.findings, context.console.settings().color_out, out);
  if (!plan.tables.empty() || !plan.findings.empty()) out << '\n';
  print_verdict(plan, out);
  if (!plan.complete) out << planner::incomplete_text(plan) << '\n';
  print_next_steps(plan, written.digest, options.output, context);
}

nlohmann::ordered_json plan_json(const planner::WrittenPlan& written, const PlanOptions& options,
                                 ExitCode code) {
  const planner::Plan& plan = written.plan;
  return {{"plan_id", plan.run.plan_id},        {"directory", options.output},
          {"digest", written.digest},           {"created_at", plan.run.created_at},
          {"expires_at", plan.run.expires_at},  {"applyable", plan.applyable},
          {"complete", plan.complete},          {"summary", summary_json(plan.summary)},
          {"tables", tables_json(plan)},        {"findings", findings_json(plan.findings)},
          {"exit_code", static_cast<int>(code)}};
}

}  // namespace

ExitCode run_plan(const PlanOptions& options, const Context& context) {
  const LoadedManifest loaded = load_manifest(context.global.manifest);
  report_warnings(loaded, context.console);
  planner::PlanRequest request;
  request.manifest = &loaded.manifest;
  request.manifest_text = loaded.text;
  request.base_dir = loaded.base_dir;
  request.selection = options.selection;
  request.full = options.full;
  request.tool_version = ROWPLAN_VERSION;
  request.stop = context.stop();
  auto directory = planner::PlanDirectory::create(
      options.output, options.overwrite ? planner::Overwrite::yes : planner::Overwrite::no);
  ProgressView view(context.console, progress_settings(context.global));
  PlanListener listener(view, context.log);
  request.pause =
      executor::reading_pause(loaded.manifest, loaded.base_dir, context.stop(), listener);
  const planner::WrittenPlan written = planner::make_plan(request, directory, listener);
  view.finish();

  ExitCode code = exit_code_of_findings(written.plan);
  if (options.detailed_exitcode && written.plan.summary.ops.changes() > 0) {
    code = worst(code, ExitCode::differs);
  }
  if (context.global.json) {
    context.console.print_json(plan_json(written, options, code));
  } else {
    print_text(written, options, context);
  }
  return code;
}

}  // namespace rowplan::cmd
