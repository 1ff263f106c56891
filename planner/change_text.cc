#include "planner/change_text.h"

#include <algorithm>
#include <cassert>

#include "planner/display_text.h"
#include "planner/utf8.h"

namespace rowplan::planner {
namespace {

constexpr std::size_t kColumnsMax = 12;
constexpr std::size_t kValueCharsMax = 60;
constexpr std::size_t kContextChars = 10;  // shown before the first difference of two long texts

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= kValueCharsMax &&
         text.find_first_not_of("0123456789.-") == std::string_view::npos;
}

std::string key_value(const PlanValue& value) {
  if (value.form == PlanValue::Form::text && is_number(value.data)) return value.data;
  return display_value(value, kValueCharsMax);
}

// Characters of two long texts that need not be shown, because they are the same and would hide the
// difference behind the ellipsis.
std::size_t common_to_skip(const PlanValue& before, const PlanValue& after) {
  if (before.form != PlanValue::Form::text || after.form != PlanValue::Form::text) return 0;
  const std::size_t longest = std::max(utf8_length(before.data), utf8_length(after.data));
  if (longest <= kValueCharsMax) return 0;
  std::size_t chars = 0;
  for (std::size_t at = 0; at < std::min(before.data.size(), after.data.size()); ++chars) {
    const Utf8Char next = utf8_at(before.data, at);
    if (before.data.compare(at, next.size, after.data, at, next.size) != 0) break;
    at += next.size;
  }
  return chars > 2 * kContextChars ? chars - kContextChars : 0;
}

}  // namespace

char op_symbol(Op op) noexcept {
  switch (op) {
    case Op::insert:
      return '+';
    case Op::update:
      return '~';
    case Op::remove:
      return '-';
    case Op::conflict:
      return '!';
  }
  assert(false);
  return '!';
}

std::string key_text(const Change& change) {
  if (!change.key) {
    return change.count > 1 ? "row, " + with_commas(change.count) + " times" : "row";
  }
  std::string text = "key (";
  for (const PlanValue& value : *change.key) {
    if (text.back() != '(') text += ", ";
    text += key_value(value);
  }
  return text + ")";
}

ColumnTexts column_texts(const Change& change, const std::vector<std::string>& key) {
  ColumnTexts texts;
  const bool pairs = !change.before.empty() && change.before.size() == change.after.size();
  const NamedValues& shown = change.after.empty() ? change.before : change.after;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const auto& [name, value] = shown[i];
    if (!pairs && std::find(key.begin(), key.end(), name) != key.end()) continue;
    if (texts.columns.size() == kColumnsMax) {
      ++texts.left_out;
      continue;
    }
    ColumnText text;
    text.column = display_text(name);
    if (pairs) {
      const PlanValue& old = change.before[i].second;
      const std::size_t skip = common_to_skip(old, value);
      text.before = display_value(old, kValueCharsMax, skip);
      text.after = display_value(value, kValueCharsMax, skip);
    } else {
      (change.after.empty() ? text.before : text.after) = display_value(value, kValueCharsMax);
    }
    texts.columns.push_back(std::move(text));
  }
  return texts;
}

namespace {

/// The columns that are not the same in all rows that there are.
std::vector<std::size_t> differing(const ChangeConflict& conflict) {
  const NamedValues* first = nullptr;
  std::vector<std::size_t> columns;
  for (const auto& [server, row] : conflict.rows) {
    if (!row) continue;
    if (first == nullptr) {
      first = &*row;
      continue;
    }
    for (std::size_t i = 0; i < std::min(first->size(), row->size()); ++i)
      if (!((*first)[i].second == (*row)[i].second) &&
          std::find(columns.begin(), columns.end(), i) == columns.end())
        columns.push_back(i);
  }
  return columns;
}

/// ` (by "ann" at "2026-02-01 10:00:00", "update", site "pkr")`: all of it is data, so in quotes.
std::string who_text(const ChangeConflict& conflict, std::size_t member) {
  if (member >= conflict.audit.size() || !conflict.audit[member].second) return "";
  const AuditEntry& entry = *conflict.audit[member].second;
  std::string text;
  const auto add = [&](const char* word, const std::optional<std::string>& value) {
    if (value) text += (text.empty() ? "" : " ") + (word + display_quoted(*value, kValueCharsMax));
  };
  add("by ", entry.user);
  add("at ", entry.time);
  add("as ", entry.type);
  add("site ", entry.site);
  return " (" + (text.empty() ? "by nobody named" : text) + ")";
}

std::string outcome_text(const Change& change) {
  const auto& resolution = change.conflict->resolution;
  if (!resolution) return "waits for a person: " + display_text(change.reason);
  const std::string by = ", by " + display_text(resolution->by);
  if (resolution->take == "skip") return "stays as it is" + by;
  if (resolution->take == "columns") return "column by column" + by;
  return display_text(resolution->take) + " wins" + by;
}

}  // namespace

std::string conflict_text(const Change& change) {
  const ChangeConflict& conflict = *change.conflict;
  const std::vector<std::size_t> columns = differing(conflict);
  std::string text;
  for (std::size_t m = 0; m < conflict.rows.size(); ++m) {
    const auto& [server, row] = conflict.rows[m];
    text += display_text(server) + " " + conflict.did[m].second;
    for (std::size_t i = 0; row && i < std::min(columns.size(), kColumnsMax); ++i)
      text += (i == 0 ? " " : ", ") + display_text((*row)[columns[i]].first) + ": " +
              display_value((*row)[columns[i]].second, kValueCharsMax);
    text += who_text(conflict, m) + "; ";
  }
  return text + outcome_text(change);
}

std::string place_text(const PlanTable& table, const Change& change) {
  return table.two_way() && !change.on.empty() ? "on " + display_text(change.on) + ": " : "";
}

std::string change_text(const Change& change, const std::vector<std::string>& key) {
  std::string text = key_text(change);
  if (change.conflict) return text + "  " + conflict_text(change);
  const ColumnTexts texts = column_texts(change, key);
  bool first = true;
  for (const ColumnText& column : texts.columns) {
    text += first ? "  " : ", ";
    first = false;
    text += column.column + ": " + column.before;
    if (!column.before.empty() && !column.after.empty()) text += " -> ";
    text += column.after;
  }
  if (texts.left_out > 0) text += ", and " + with_commas(texts.left_out) + " more columns";
  return text;
}

}  // namespace rowplan::planner
