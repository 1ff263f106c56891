#include "planner/display_text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

#include "mysql/quote.h"
#include "planner/utf8.h"

namespace rowplan::planner {
namespace {

constexpr std::size_t kShownDigits = 12;  // of a hash
constexpr const char* kEllipsis = "\u2026";

// Beyond what a terminal may act upon: characters that leave no trace, so that two values would
// look the same.
bool is_invisible(char32_t code) {
  return code == 0xAD || code == 0x034F || code == 0x115F || code == 0x1160 || code == 0x180E ||
         code == 0x3164 || code == 0xFFA0 || (code >= 0xFFF0 && code <= 0xFFFB) ||
         (code >= 0xE0000 && code <= 0xE0FFF);
}

void append_escaped(std::string& out, std::string_view bytes, const Utf8Char& at) {
  std::array<char, 16> text{};
  if (!at.valid) {
    std::snprintf(text.data(), text.size(), "\\x%02x", static_cast<unsigned char>(bytes.front()));
    out += text.data();
  } else if (at.code == '\\') {
    out += "\\\\";
  } else if (at.code == '\n') {
    out += "\\n";
  } else if (at.code == '\r') {
    out += "\\r";
  } else if (at.code == '\t') {
    out += "\\t";
  } else if (is_harmful(at.code) || is_invisible(at.code)) {
    std::snprintf(text.data(), text.size(), "\\u{%x}", static_cast<unsigned>(at.code));
    out += text.data();
  } else {
    out += bytes;
  }
}

}  // namespace

std::string display_text(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char next = utf8_at(text, at);
    append_escaped(out, text.substr(at, next.size), next);
    at += next.size;
  }
  return out;
}

std::string display_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + display_text(name);
  return text;
}

std::string display_quoted(std::string_view text, std::size_t max, std::size_t skip) {
  std::string out = skip > 0 ? std::string(kEllipsis) + "\"" : "\"";
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) {
    const Utf8Char next = utf8_at(text, at);
    if (count >= skip + max) return out + "\"" + kEllipsis;
    if (count >= skip) {
      if (next.code == '"') out += '\\';
      append_escaped(out, text.substr(at, next.size), next);
    }
    at += next.size;
  }
  return out + "\"";
}

std::string display_value(const PlanValue& value, std::size_t max, std::size_t skip) {
  switch (value.form) {
    case PlanValue::Form::null:
      return "null";
    case PlanValue::Form::text:
      return display_quoted(value.data, max, skip);
    case PlanValue::Form::hex: {
      const std::size_t bytes = std::max<std::size_t>(max / 2, 1);
      const std::string shown = mysql::hex_lower(value.data.substr(0, bytes));
      return value.data.size() <= bytes
                 ? "0x" + shown
                 : "0x" + shown + kEllipsis + " (" + with_commas(value.data.size()) + " bytes)";
    }
    case PlanValue::Form::ref:
      return "(large: " + with_commas(value.bytes) + " bytes, sha256 " +
             value.data.substr(0, kShownDigits) + kEllipsis + ")";
    case PlanValue::Form::hmac:
      return "(sensitive)";
  }
  return "null";
}

std::string with_commas(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  if (part == 0) return "0%";
  if (whole == 0) return "all";
  const double share = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (share < 0.01) return "<0.01%";
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.2f%%", share);
  return text.data();
}

std::string ops_text(const Ops& ops) {
  std::string text = with_commas(ops.insert) + " to insert, " + with_commas(ops.update) +
                     " to update, " + with_commas(ops.remove) + " to delete";
  if (ops.conflict > 0) {
    text += ", " + with_commas(ops.conflict) + (ops.conflict == 1 ? " conflict" : " conflicts");
  }
  return text;
}

std::vector<std::string> watermark_lines(const Plan& plan) {
  constexpr std::size_t kTablesAlways = 20;
  std::vector<std::string> lines;
  std::uint64_t more = 0;
  for (const PlanTable& table : plan.tables) {
    if (!table.watermark) continue;
    if (table.ops.changes() == 0 && plan.tables.size() > kTablesAlways) {
      ++more;
      continue;
    }
    const PlanWatermark& mark = *table.watermark;
    lines.push_back(display_text(table.address) + ": watermark " +
                    display_text(mark.from.value_or("none")) + " -> " + display_text(mark.to) +
                    (mark.full ? ", all rows" : ", by window"));
  }
  if (more > 0) lines.push_back("and " + with_commas(more) + " more tables with a watermark");
  return lines;
}

std::string target_names(const Plan& plan) {
  std::set<std::string> names;
  const bool changes = plan.summary.ops.changes() > 0;
  for (const PlanTable& table : plan.tables) {
    if (!changes || (table.ops.changes() > 0 && !table.two_way())) names.insert(table.target);
    for (const auto& [server, member] : table.on)
      if (member.ops.changes() > 0 || table.ops.conflict > 0) names.insert(server);
  }
  return display_names({names.begin(), names.end()});
}

std::string incomplete_text(const Plan& plan) {
  return read_what_is_there(plan) ? "Not every spoke could be reached."
                                  : "Not every table was read to its end.";
}

std::string verdict(const Plan& plan) {
  if (plan.summary.ops.changes() > 0) {
    std::string text = "Plan: " + ops_text(plan.summary.ops) + " on " + target_names(plan) + ".";
    if (plan.summary.unresolved > 0)
      text += " " + with_commas(plan.summary.unresolved) +
              (plan.summary.unresolved == 1 ? " conflict waits" : " conflicts wait") +
              " for a decision.";
    return text;
  }
  if (plan.tables.empty()) return "No changes. No table was compared.";
  if (!plan.complete) return "No changes found. " + incomplete_text(plan);
  if (has_error(plan.findings)) return "No changes found, but there are errors: see the findings.";
  if (plan.summary.ops.kept > 0) {
    return "No changes to make. Rows only on " + target_names(plan) +
           " that are kept: " + with_commas(plan.summary.ops.kept) + ".";
  }
  const auto by_window = [](const PlanTable& table) {
    return table.watermark && !table.watermark->full;
  };
  if (std::any_of(plan.tables.begin(), plan.tables.end(), by_window))
    return "No changes. Of incremental tables only rows that changed lately were compared.";
  std::set<std::string> pairs;
  for (const PlanTable& table : plan.tables) {
    if (table.two_way()) {
      std::vector<std::string> servers = table.servers();
      const std::string last = servers.back();
      servers.pop_back();
      pairs.insert(display_names(servers) + " and " + display_text(last) + " hold the same rows.");
      continue;
    }
    pairs.insert("Target " + display_text(table.target) + " equals source " +
                 display_text(table.first) + ".");
  }
  std::string text = "No changes.";
  for (const std::string& pair : pairs) text += " " + pair;
  return text;
}

}  // namespace rowplan::planner
