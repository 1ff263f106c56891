#include "planner/rename_rule.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace rowplan::planner {
namespace {

std::optional<StarName> parse_star_name(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::size_t star = text.find('*');
  std::optional<std::string> before = decode_name(text.substr(0, star));
  if (!before) return std::nullopt;
  if (star == std::string_view::npos) return StarName{std::move(*before), {}, false};
  std::optional<std::string> after = decode_name(text.substr(star + 1));
  if (!after) return std::nullopt;
  return StarName{std::move(*before), std::move(*after), true};
}

/// What the star stands for, empty where there is none; nullopt: no match.
std::optional<std::string_view> match(const StarName& pattern, std::string_view name) {
  if (!pattern.star) {
    if (name != pattern.before) return std::nullopt;
    return std::string_view{};
  }
  const std::size_t fixed = pattern.before.size() + pattern.after.size();
  if (name.size() < fixed || !name.starts_with(pattern.before) || !name.ends_with(pattern.after)) {
    return std::nullopt;
  }
  return name.substr(pattern.before.size(), name.size() - fixed);
}

std::string filled(const StarName& pattern, std::string_view star) {
  if (!pattern.star) return pattern.before;
  return pattern.before + std::string(star) + pattern.after;
}

std::optional<TableName> apply_rule(const RenameRule& rule, const TableName& name) {
  const std::optional<std::string_view> db = match(rule.from_db, name.db);
  const std::optional<std::string_view> table = match(rule.from_table, name.table);
  if (!db || !table) return std::nullopt;
  const std::string_view star = rule.from_db.star ? *db : *table;
  return TableName{filled(rule.to_db, star), filled(rule.to_table, star)};
}

/// Reads one side of a rule into its two parts.
std::optional<InputProblem> parse_side(std::string_view text, StarName& db, StarName& table) {
  if (text.find_first_of("?`!") != std::string_view::npos) {
    return InputProblem{"a name in \"rename\" may hold one * and no other sign: " + in_quotes(text),
                        "write other signs of a name as %XX, as in addresses"};
  }
  if (std::count(text.begin(), text.end(), '*') > 1) {
    return InputProblem{in_quotes(text) + " holds more than one *", {}};
  }
  const std::size_t dot = text.find('.');
  if (dot != std::string_view::npos) {
    std::optional<StarName> left = parse_star_name(text.substr(0, dot));
    std::optional<StarName> right = parse_star_name(text.substr(dot + 1));
    if (left && right) {
      db = std::move(*left);
      table = std::move(*right);
      return std::nullopt;
    }
  }
  return InputProblem{in_quotes(text) + " is not of the form \"database.table\"",
                      R"(a whole database is renamed by { "old.*" = "new.*" })"};
}

}  // namespace

std::variant<RenameRule, InputProblem> parse_rename(std::string_view from, std::string_view to) {
  RenameRule rule;
  rule.from = std::string(from);
  rule.to = std::string(to);
  if (auto problem = parse_side(from, rule.from_db, rule.from_table)) return std::move(*problem);
  if (auto problem = parse_side(to, rule.to_db, rule.to_table)) return std::move(*problem);
  if (rule.exact() == (rule.to_db.star || rule.to_table.star)) {
    return InputProblem{
        in_quotes(from) + " = " + in_quotes(to) + ": both sides must hold one *, or neither", {}};
  }
  return rule;
}

std::optional<TableName> apply_rename(const std::vector<RenameRule>& rules, const TableName& name) {
  for (const bool exact : {true, false}) {
    for (const RenameRule& rule : rules) {
      if (rule.exact() != exact) continue;
      if (std::optional<TableName> renamed = apply_rule(rule, name)) return renamed;
    }
  }
  return std::nullopt;
}

std::optional<std::string> apply_rename(const std::vector<RenameRule>& rules,
                                        std::string_view db_table) {
  const std::optional<TableName> name = parse_table(db_table);
  if (!name) return std::nullopt;
  const std::optional<TableName> renamed = apply_rename(rules, *name);
  if (!renamed) return std::nullopt;
  return encode_table(*renamed);
}

}  // namespace rowplan::planner
