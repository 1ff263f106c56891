#include "cmd/render_text.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "cmd/shown_text.h"
#include "planner/change_text.h"
#include "planner/display_text.h"
#include "planner/utf8.h"

namespace rowplan::cmd {
namespace {

using planner::display_text;
using planner::with_commas;

constexpr std::size_t kTablesShownAlways = 20;
constexpr const char* kBold = "1";
constexpr const char* kRed = "31";
constexpr const char* kGreen = "32";
constexpr const char* kYellow = "33";
constexpr const char* kCyan = "36";

const char* color_of(planner::Op op) {
  switch (op) {
    case planner::Op::insert:
      return kGreen;
    case planner::Op::update:
      return kYellow;
    case planner::Op::remove:
      return kRed;
    case planner::Op::conflict:
      return kCyan;
  }
  return kCyan;
}

const char* color_of(planner::Severity severity) {
  switch (severity) {
    case planner::Severity::info:
      return kCyan;
    case planner::Severity::warning:
      return kYellow;
    case planner::Severity::error:
      return kRed;
  }
  return kRed;
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::size_t length = planner::utf8_length(text);
  const std::string fill(width > length ? width - length : 0, ' ');
  return right ? fill + text : text + fill;
}

const char* arrow_of(const planner::PlanTable& table) { return table.two_way() ? " <-> " : " -> "; }

class TextRenderer {
 public:
  TextRenderer(const planner::LoadedPlan& plan, const RenderTextOptions& options, std::ostream& out)
      : loaded_(plan), plan_(plan.plan), options_(options), out_(out) {}

  void render() {
    header();
    counts();
    watermarks();
    findings();
    for (const planner::PlanTable& table : plan_.tables) {
      if (!table.changes_path.empty()) changes(table);
    }
    ending();
  }

 private:
  [[nodiscard]] std::string colored(const char* code, const std::string& text) const {
    return options_.color ? std::string("\033[") + code + "m" + text + "\033[0m" : text;
  }

  [[nodiscard]] std::string server_text(const std::string& name) const {
    const planner::PlanServer& server = plan_.servers.at(name);
    return display_text(name) + " (" + display_text(server.vendor) + " " +
           display_text(server.version) + ", " + display_text(server.role) + ")";
  }

  void header() {
    out_ << colored(kBold, "Plan " + display_text(plan_.run.plan_id)) << "\n"
         << "  digest   " << loaded_.digest << "\n"
         << "  created  " << display_text(plan_.run.created_at) << " by rowplan "
         << display_text(plan_.run.tool_version) << "\n"
         << "  expires  " << display_text(plan_.run.expires_at) << "\n";
    std::set<std::string> directions;
    for (const planner::PlanTable& table : plan_.tables) {
      std::string targets;
      for (const std::string& server : table.others())
        targets += (targets.empty() ? "" : ", ") + server_text(server);
      directions.insert(server_text(table.first) + arrow_of(table) + targets);
    }
    for (const std::string& direction : directions) out_ << "  " << direction << "\n";
    for (const std::string& address : plan_.only)
      out_ << "  only     " << display_text(address) << "\n";
    for (const std::string& address : plan_.exclude) {
      out_ << "  without  " << display_text(address) << "\n";
    }
  }

  void counts() {
    using Row = std::vector<std::string>;
    std::vector<Row> rows = {
        {"table", "source rows", "target rows", "insert", "update", "delete", "conflict", "share"}};
    std::uint64_t equal_tables = 0;
    for (const planner::PlanTable& table : plan_.tables) {
      const planner::Ops& ops = table.ops;
      if (ops.changes() == 0 && plan_.tables.size() > kTablesShownAlways) {
        ++equal_tables;
        continue;
      }
      Row row = {display_text(table.address),
                 with_commas(table.rows_compared),
                 with_commas(table.target_rows),
                 "+" + with_commas(ops.insert),
                 "~" + with_commas(ops.update),
                 "-" + with_commas(ops.remove),
                 "!" + with_commas(ops.conflict),
                 planner::percent(ops.changes(), std::max(table.rows_compared, table.target_rows))};
      if (ops.kept > 0) row.push_back("(" + with_commas(ops.kept) + " kept)");
      rows.push_back(std::move(row));
    }
    if (rows.size() > 1) print_rows(rows);
    if (equal_tables > 0) {
      out_ << "\n  and " << with_commas(equal_tables) << " tables without a change\n";
    }
  }

  void print_rows(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
      widths.resize(std::max(widths.size(), row.size()));
      for (std::size_t i = 0; i < row.size(); ++i) {
        widths[i] = std::max(widths[i], planner::utf8_length(row[i]));
      }
    }
    out_ << "\n";
    for (const auto& row : rows) {
      for (std::size_t i = 0; i < row.size(); ++i) {
        // The name to the left, and no blanks at the end of a line.
        out_ << "  "
             << (i == 0 ? padded(row[i], widths[i], false) : padded(row[i], widths[i], true));
      }
      out_ << "\n";
    }
  }

  void watermarks() {
    const std::vector<std::string> lines = planner::watermark_lines(plan_);
    if (!lines.empty()) out_ << "\n";
    for (const std::string& line : lines) out_ << "  " << line << "\n";
  }

  void findings() {
    if (plan_.findings.empty()) return;
    out_ << "\n" << colored(kBold, "Findings") << "\n";
    for (const planner::Finding& finding : plan_.findings) {
      out_ << "  " << colored(color_of(finding.severity), severity_name(finding.severity)) << " "
           << display_text(finding.code);
      if (!finding.address.empty()) out_ << " " << display_text(finding.address);
      out_ << ": " << display_text(finding.message) << "\n";
      if (!finding.hint.empty()) out_ << "    hint: " << display_text(finding.hint) << "\n";
    }
  }

  void changes(const planner::PlanTable& table) {
    out_ << "\n"
         << colored(kBold, display_text(table.address)) << "  (" << display_text(table.first)
         << arrow_of(table) << planner::display_names(table.others()) << ")\n";
    planner::ChangeReader reader(loaded_, table);
    std::uint64_t shown = 0;
    while (options_.limit == 0 || shown < options_.limit) {
      const std::optional<planner::Change> change = reader.next();
      if (!change) break;
      ++shown;
      out_ << "  " << colored(color_of(change->op), std::string(1, op_symbol(change->op))) << " "
           << place_text(table, *change) << change_text(*change, table.key) << "\n";
    }
    if (shown < table.changes_lines) {
      out_ << "  showing " << with_commas(shown) << " of " << with_commas(table.changes_lines)
           << "; all in " << table.changes_path << "\n";
    }
  }

  void ending() {
    out_ << "\n" << colored(kBold, verdict(plan_)) << "\n";
    if (!plan_.applyable) {
      out_ << "This plan cannot be applied: see the findings of severity error.\n";
    } else if (plan_.summary.unresolved > 0) {
      out_ << "Decide its conflicts with:\n  rowplan resolve "
           << shell_word(loaded_.directory.string()) << " -o DIR --take MEMBER|newest|skip\n";
    } else if (plan_.summary.ops.changes() > 0) {
      out_ << "Apply it with:\n  rowplan apply " << shell_word(loaded_.directory.string())
           << " --expect-digest " << loaded_.digest << "\n";
    }
  }

  const planner::LoadedPlan& loaded_;
  const planner::Plan& plan_;
  const RenderTextOptions& options_;
  std::ostream& out_;
};

}  // namespace

void render_text(const planner::LoadedPlan& plan, const RenderTextOptions& options,
                 std::ostream& out) {
  TextRenderer(plan, options, out).render();
}

}  // namespace rowplan::cmd
