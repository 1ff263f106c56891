#include "cmd/plan_report.h"

#include <nlohmann/json.hpp>

#include "cmd/color.h"
#include "cmd/shown_text.h"
#include "planner/address.h"
#include "planner/display_text.h"

namespace rowplan::cmd {

using nlohmann::ordered_json;

void print_findings(const planner::Findings& findings, bool color, std::ostream& out) {
  for (const planner::Finding& finding : findings) {
    out << painted_severity(finding.severity, color) << ' ' << shown(finding.code);
    if (!finding.address.empty()) out << ' ' << shown(finding.address);
    out << ": " << shown(finding.message) << '\n';
    if (!finding.hint.empty()) out << "  hint: " << shown(finding.hint) << '\n';
  }
}

ordered_json address_json(const std::string& address) {
  const planner::SharedAddress shared = planner::without_spoke(address);
  ordered_json json = {{"address", shared.address}};
  if (!shared.spoke.empty()) json["spoke"] = shared.spoke;
  return json;
}

ordered_json findings_json(const planner::Findings& findings) {
  ordered_json list = ordered_json::array();
  for (const planner::Finding& finding : findings) {
    ordered_json entry = {{"code", finding.code},
                          {"severity", planner::severity_name(finding.severity)}};
    entry.update(address_json(finding.address));
    entry.update({{"message", finding.message}, {"hint", finding.hint}});
    list.push_back(std::move(entry));
  }
  return list;
}

ordered_json diagnostics_json(const planner::Diagnostics& diagnostics) {
  ordered_json list = ordered_json::array();
  for (const planner::Diagnostic& diagnostic : diagnostics) {
    list.push_back({{"severity", planner::severity_name(diagnostic.severity)},
                    {"file", diagnostic.file},
                    {"line", diagnostic.line},
                    {"column", diagnostic.column},
                    {"message", diagnostic.message},
                    {"hint", diagnostic.hint}});
  }
  return list;
}

void print_table_counts(const planner::Plan& plan, std::ostream& out) {
  std::uint64_t unchanged = 0;
  for (const planner::PlanTable& table : plan.tables) {
    if (table.ops.changes() == 0 && table.ops.kept == 0) {
      ++unchanged;
      continue;
    }
    out << shown(table.address) << ": " << planner::ops_text(table.ops);
    if (table.ops.kept > 0) out << ", " << planner::with_commas(table.ops.kept) << " kept";
    const char* before = "; rows: ";
    for (const std::string& server : table.servers()) {
      out << before << shown(server) << ' ' << planner::with_commas(table.rows_on(server));
      before = ", ";
    }
    out << '\n';
  }
  // Of a table that was not read to its end nobody knows.
  if (unchanged > 0 && planner::read_what_is_there(plan))
    out << counted(unchanged, "table", "tables") << " without a change\n";
}

void print_watermarks(const planner::Plan& plan, std::ostream& out) {
  for (const std::string& line : planner::watermark_lines(plan)) out << line << '\n';
}

ordered_json summary_json(const planner::Summary& summary) {
  return {{"insert", summary.ops.insert},
          {"update", summary.ops.update},
          {"delete", summary.ops.remove},
          {"conflict", summary.ops.conflict},
          {"kept", summary.ops.kept},
          {"tables_compared", summary.tables_compared},
          {"tables_changed", summary.tables_changed},
          {"rows_compared", summary.rows_compared}};
}

ordered_json tables_json(const planner::Plan& plan) {
  ordered_json list = ordered_json::array();
  for (const planner::PlanTable& table : plan.tables) {
    ordered_json entry = address_json(table.address);
    entry.update({{"source", table.first},
                  {"target", table.target},
                  {"insert", table.ops.insert},
                  {"update", table.ops.update},
                  {"delete", table.ops.remove},
                  {"conflict", table.ops.conflict},
                  {"kept", table.ops.kept},
                  {"source_rows", table.rows_compared},
                  {"target_rows", table.target_rows}});
    if (!table.spokes.empty()) entry["spokes"] = table.spokes;
    list.push_back(std::move(entry));
  }
  return list;
}

ExitCode exit_code_of_findings(const planner::Plan& plan) noexcept {
  ExitCode code = planner::read_what_is_there(plan) ? ExitCode::done : ExitCode::error;
  if (!plan.applyable || planner::has_error(plan.findings)) code = worst(code, ExitCode::limit);
  return code;
}

void print_next_steps(const planner::Plan& plan, const std::string& digest,
                      const std::string& output, const Context& context) {
  std::ostream& out = context.console.out();
  out << "Digest: " << digest << "\n\n";
  const std::string directory = shell_word(output);
  const bool dashed = output.starts_with('-');
  out << "Look at it:  rowplan show " << (dashed ? "-- " : "") << directory << '\n';
  if (!plan.applyable) {
    out << "It cannot be applied: see the findings of severity error.\n";
    return;
  }
  if (plan.summary.unresolved > 0) {
    out << "Decide it:   rowplan resolve --take MEMBER|newest|skip -o DIR " << (dashed ? "-- " : "")
        << directory << '\n';
    return;
  }
  out << "Apply it:    rowplan ";
  if (context.global.manifest != kDefaultManifest)
    out << "-f " << shell_word(context.global.manifest) << ' ';
  out << "apply --expect-digest " << digest << (dashed ? " -- " : " ") << directory << '\n';
}

}  // namespace rowplan::cmd
