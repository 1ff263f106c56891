#include "planner/summary_markdown.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>
#include <vector>

#include "planner/change_text.h"
#include "planner/display_text.h"
#include "planner/utf8.h"

namespace rowplan::planner {
namespace {

// What the fixed words between the parts take, and the lines that say what was left out.
constexpr std::size_t kReservedBytes = 2'000;
constexpr std::size_t kFindingsBytesMax = 20'000;
constexpr std::size_t kTablesBytesMax = 40'000;
constexpr std::size_t kWatermarksBytesMax = 8'000;
constexpr std::size_t kTextBytesMax = 1'000;  // of one message; markup may take six times that

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// Text between Markdown: nothing in it is markup, a mention, a reference or a link.
std::string markup_escaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool inside_word =
        c == '_' && i > 0 && i + 1 < text.size() && is_word(text[i - 1]) && is_word(text[i + 1]);
    if (!inside_word && std::string_view("&<>`*_[]|\\~#$").find(c) != std::string_view::npos) {
      out += "&#" + std::to_string(static_cast<unsigned char>(c)) + ";";
      continue;
    }
    out += c;
    // An empty comment takes a mention, or a link that needs no brackets, apart.
    const bool opens_link = (c == ':' && text.substr(i + 1, 1) == "/") ||
                            (c == '.' && i >= 3 && text.substr(i - 3, 3) == "www");
    if (c == '@' || opens_link) out += "<!-- -->";
  }
  return out;
}

std::string clipped(std::string_view text, std::size_t max) {
  if (text.size() <= max) return std::string(text);
  std::size_t end = 0;
  while (end < text.size() && end + utf8_at(text, end).size <= max) end += utf8_at(text, end).size;
  return std::string(text.substr(0, end)) + "\u2026";
}

std::string escaped(std::string_view text) {
  return markup_escaped(clipped(display_text(text), kTextBytesMax));
}

std::string code(std::string_view text) { return "<code>" + escaped(text) + "</code>"; }

std::string table_line(const PlanTable& table) {
  const Ops& ops = table.ops;
  const std::uint64_t rows = std::max(table.rows_compared, table.target_rows);
  std::string line = "| " + code(table.address);
  for (const std::uint64_t number :
       {table.rows_compared, table.target_rows, ops.insert, ops.update, ops.remove, ops.conflict}) {
    line += " | " + with_commas(number);
  }
  return line + " | " + percent(ops.changes(), rows) + " |\n";
}

std::string finding_line(const Finding& finding) {
  std::string line =
      "- **" + std::string(severity_name(finding.severity)) + "** " + code(finding.code);
  if (!finding.address.empty()) line += " " + code(finding.address);
  line += " " + escaped(finding.message);
  if (!finding.hint.empty()) line += " *" + escaped(finding.hint) + "*";
  return line + "\n";
}

// Appends lines while they fit into `max` bytes; tells how many did not.
template <typename Items, typename Line>
std::size_t append_lines(std::string& out, std::size_t max, const Items& items, const Line& line) {
  std::size_t left_out = 0;
  const std::size_t limit = out.size() + max;
  for (const auto& item : items) {
    const std::string text = line(*item);
    if (left_out == 0 && out.size() + text.size() <= limit) {
      out += text;
    } else {
      ++left_out;
    }
  }
  return left_out;
}

// Longer than any run of backticks in what it encloses.
std::string fence_for(std::string_view text) {
  std::size_t longest = 2;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::string(longest + 1, '`');
}

// The sample of one table, or nothing if not even one change fits into `max` bytes.
std::string sample_block(const PlanTable& table, const SampleChanges& sample, std::size_t rows,
                         std::size_t max) {
  const std::string head = "\n<details><summary>" + code(table.address) + "</summary>\n\n";
  std::string body;
  std::size_t shown = 0;
  std::string fence = fence_for("");
  sample(table, [&](const Change& change) {
    std::string line(1, op_symbol(change.op));
    line += " " + place_text(table, change) + change_text(change, table.key) + "\n";
    std::string needed = fence_for(line);
    if (needed.size() < fence.size()) needed = fence;
    constexpr std::size_t kWordsBytes = 200;
    if (head.size() + body.size() + line.size() + 2 * needed.size() + kWordsBytes > max)
      return false;
    body += line;
    fence = std::move(needed);
    return ++shown < rows;
  });
  if (shown == 0) return "";
  return head + fence + "diff\n" + body + fence + "\n\nshowing " + with_commas(shown) + " of " +
         with_commas(table.changes_lines) + "\n</details>\n";
}

void append_samples(std::string& out, const std::vector<const PlanTable*>& changed,
                    const SampleChanges& sample, std::size_t sample_rows) {
  if (changed.empty() || sample_rows == 0) return;
  out += "\n### Changes\n";
  std::size_t left = changed.size();
  for (const PlanTable* const table : changed) {
    // What a table does not need of its share, the next ones may have.
    const std::size_t used = out.size() + kReservedBytes;
    const std::size_t share = used < kSummaryBytesMax ? (kSummaryBytesMax - used) / left : 0;
    --left;
    constexpr std::size_t kWorthReading = 400;
    if (share < kWorthReading) continue;
    out += sample_block(*table, sample, sample_rows, share);
  }
  out += "\nAll changes are in the plan's <code>changes/</code>.\n";
}

void append_findings(std::string& out, const Plan& plan) {
  if (plan.findings.empty()) return;
  std::vector<const Finding*> findings;
  for (const Finding& finding : plan.findings) findings.push_back(&finding);
  std::stable_sort(findings.begin(), findings.end(), [](const Finding* left, const Finding* right) {
    return left->severity > right->severity;
  });
  out += "\n### Findings\n\n";
  const std::size_t more = append_lines(out, kFindingsBytesMax, findings, finding_line);
  if (more > 0) out += "- and " + with_commas(more) + " more, in <code>plan.json</code>\n";
}

void append_watermarks(std::string& out, const Plan& plan) {
  const std::vector<std::string> lines = watermark_lines(plan);
  if (lines.empty()) return;
  out += "\n";
  std::size_t left_out = 0;
  const std::size_t limit =
      std::min(out.size() + kWatermarksBytesMax, kSummaryBytesMax - kReservedBytes);
  for (const std::string& line : lines) {
    const std::string item = "- " + markup_escaped(clipped(line, kTextBytesMax)) + "\n";
    if (left_out == 0 && out.size() + item.size() <= limit)
      out += item;
    else
      ++left_out;
  }
  if (left_out > 0) out += "- and " + with_commas(left_out) + " more, in <code>plan.json</code>\n";
}

}  // namespace

std::string summary_markdown(const Plan& plan, const SampleChanges& sample, std::size_t sample_rows,
                             const std::string& note) {
  std::string out = "## " + markup_escaped(clipped(verdict(plan), kTextBytesMax)) + "\n";
  if (!note.empty()) out += "\n" + note + "\n";
  if (!plan.applyable) out += "\n**This plan cannot be applied:** see the errors below.\n";
  if (!plan.complete) out += "\n**" + incomplete_text(plan) + "**\n";
  append_findings(out, plan);

  std::vector<const PlanTable*> changed;
  for (const PlanTable& table : plan.tables) {
    if (table.ops.changes() > 0) changed.push_back(&table);
  }
  if (!changed.empty()) {
    out +=
        "\n| table | source rows | target rows | insert | update | delete | conflict | share |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";
    const std::size_t room = kSummaryBytesMax - kReservedBytes - out.size();
    const std::size_t more =
        append_lines(out, std::min(kTablesBytesMax, room), changed, table_line);
    if (more > 0) out += "\nand " + with_commas(more) + " more tables with changes\n";
  }
  out += "\nCompared: " + with_commas(plan.summary.tables_compared) + " tables, " +
         with_commas(plan.summary.rows_compared) + " rows; " +
         with_commas(plan.summary.tables_changed) + " tables differ.\n";
  if (plan.summary.ops.kept > 0) {
    out += "Rows only on the target that are kept: " + with_commas(plan.summary.ops.kept) + ".\n";
  }
  append_watermarks(out, plan);
  append_samples(out, changed, sample, sample_rows);
  return out;
}

}  // namespace rowplan::planner
