#include "cmd/render_html.h"

#include <algorithm>
#include <string>

#include "planner/change_text.h"
#include "planner/display_text.h"

namespace rowplan::cmd {
namespace {

using planner::display_text;
using planner::with_commas;

constexpr const char* kHead = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>rowplan</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color: #222; background: #fff; }
table { border-collapse: collapse; margin: .5rem 0; }
th, td { padding: .2rem .7rem; border-bottom: 1px solid #ddd; }
th, td { text-align: left; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
code, .c td { font-family: ui-monospace, monospace; font-size: 13px; overflow-wrap: anywhere; }
del { color: #a40000; } ins { color: #006400; text-decoration: none; }
.insert td:first-child { color: #006400; } .update td:first-child { color: #8a5a00; }
.delete td:first-child { color: #a40000; } .error { color: #a40000; } .warning { color: #8a5a00; }
</style>
</head>
<body>
)";

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string shown(const std::string& text) { return escaped(display_text(text)); }

std::string cell(std::uint64_t number) {
  return "<td class=\"n\">" + with_commas(number) + "</td>";
}

void header(const planner::LoadedPlan& loaded, std::ostream& out) {
  const planner::Plan& plan = loaded.plan;
  out << "<h1>" << escaped(verdict(plan)) << "</h1>\n";
  if (!plan.applyable) out << "<p class=\"error\">This plan cannot be applied.</p>\n";
  if (!plan.complete) out << "<p class=\"warning\">" << planner::incomplete_text(plan) << "</p>\n";
  out << "<p>Plan <code>" << shown(plan.run.plan_id) << "</code>, digest <code>" << loaded.digest
      << "</code><br>created " << shown(plan.run.created_at) << ", expires "
      << shown(plan.run.expires_at) << "</p>\n";
  out << "<table>\n<tr><th>server</th><th>vendor</th><th>version</th><th>role</th></tr>\n";
  for (const auto& [name, server] : plan.servers) {
    out << "<tr><td>" << shown(name) << "</td><td>" << shown(server.vendor) << "</td><td>"
        << shown(server.version) << "</td><td>" << shown(server.role) << "</td></tr>\n";
  }
  out << "</table>\n";
}

void findings(const planner::Plan& plan, std::ostream& out) {
  if (plan.findings.empty()) return;
  out << "<h2>Findings</h2>\n<ul>\n";
  for (const planner::Finding& finding : plan.findings) {
    out << "<li><span class=\"" << severity_name(finding.severity) << "\">"
        << severity_name(finding.severity) << "</span> <code>" << shown(finding.code)
        << "</code> <code>" << shown(finding.address) << "</code> " << shown(finding.message);
    if (!finding.hint.empty()) out << "<br><em>" << shown(finding.hint) << "</em>";
    out << "</li>\n";
  }
  out << "</ul>\n";
}

void counts(const planner::Plan& plan, std::ostream& out) {
  out << "<h2>Tables</h2>\n<table>\n<tr><th>table</th><th>direction</th>"
         "<th class=\"n\">source rows</th><th class=\"n\">target rows</th><th "
         "class=\"n\">insert</th>"
         "<th class=\"n\">update</th><th class=\"n\">delete</th><th class=\"n\">conflict</th>"
         "<th class=\"n\">kept</th><th class=\"n\">share</th></tr>\n";
  for (const planner::PlanTable& table : plan.tables) {
    const planner::Ops& ops = table.ops;
    out << "<tr><td>" << shown(table.address) << "</td><td>" << shown(table.first) << " &rarr; "
        << shown(planner::display_names(table.others())) << "</td>" << cell(table.rows_compared)
        << cell(table.target_rows) << cell(ops.insert) << cell(ops.update) << cell(ops.remove)
        << cell(ops.conflict) << cell(ops.kept) << "<td class=\"n\">"
        << escaped(
               planner::percent(ops.changes(), std::max(table.rows_compared, table.target_rows)))
        << "</td></tr>\n";
  }
  out << "</table>\n";
}

void change_row(const planner::Change& change, const planner::PlanTable& table, std::ostream& out) {
  out << "<tr class=\"" << op_name(change.op) << "\"><td>" << op_symbol(change.op) << "</td><td>"
      << escaped(place_text(table, change) + key_text(change)) << "</td><td>";
  if (change.conflict) out << escaped(conflict_text(change));
  const planner::ColumnTexts texts = column_texts(change, table.key);
  bool first = true;
  for (const planner::ColumnText& column : texts.columns) {
    out << (first ? "" : "<br>") << escaped(column.column) << ": ";
    first = false;
    if (!column.before.empty()) out << "<del>" << escaped(column.before) << "</del>";
    if (!column.before.empty() && !column.after.empty()) out << " &rarr; ";
    if (!column.after.empty()) out << "<ins>" << escaped(column.after) << "</ins>";
  }
  if (texts.left_out > 0) out << "<br>and " << with_commas(texts.left_out) << " more columns";
  out << "</td></tr>\n";
}

void changes(const planner::LoadedPlan& plan, const planner::PlanTable& table, std::uint64_t limit,
             std::ostream& out) {
  planner::ChangeReader reader(plan, table);
  out << "<details open>\n<summary>" << shown(table.address) << "</summary>\n<table class=\"c\">\n";
  std::uint64_t count = 0;
  while (limit == 0 || count < limit) {
    const std::optional<planner::Change> change = reader.next();
    if (!change) break;
    change_row(*change, table, out);
    ++count;
  }
  out << "</table>\n";
  if (count < table.changes_lines) {
    out << "<p>showing " << with_commas(count) << " of " << with_commas(table.changes_lines)
        << "; all in <code>" << escaped(table.changes_path) << "</code></p>\n";
  }
  out << "</details>\n";
}

}  // namespace

void render_html(const planner::LoadedPlan& plan, std::uint64_t limit, std::ostream& out) {
  out << kHead;
  header(plan, out);
  findings(plan.plan, out);
  counts(plan.plan, out);
  bool first = true;
  for (const planner::PlanTable& table : plan.plan.tables) {
    if (table.changes_path.empty()) continue;
    if (first) out << "<h2>Changes</h2>\n";
    first = false;
    changes(plan, table, limit, out);
  }
  out << "</body>\n</html>\n";
}

}  // namespace rowplan::cmd
