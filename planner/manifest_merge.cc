#include "planner/manifest_merge.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "planner/did_you_mean.h"

namespace rowplan::planner {

namespace {

constexpr std::array kRules = {Resolve::newest, Resolve::oldest, Resolve::greatest,
                               Resolve::least,  Resolve::manual, Resolve::skip};

/// A word of the manifest; no rule is called so: a member.
Resolve resolve_of(std::string_view word) {
  for (const Resolve resolve : kRules)
    if (word == resolve_name(resolve)) return resolve;
  return Resolve::member;
}

bool is_word(std::string_view name) {
  return name == "source" || name == "target" || resolve_of(name) != Resolve::member;
}

ConflictSpec spec_of(std::string resolve) {
  ConflictSpec spec;
  spec.resolve = resolve_of(resolve);
  if (spec.resolve == Resolve::member) spec.member = std::move(resolve);
  return spec;
}

/// A table's rule stands over its pair's as a whole.
std::optional<ConflictSpec> read_rule(const ManifestSection& section, std::string_view name) {
  if (!section.reads(name)) return std::nullopt;
  if (!section.is_table(name)) {
    auto resolve = section.text(name);
    if (!resolve) return std::nullopt;
    return spec_of(std::move(*resolve));
  }
  const auto table = section.section(name, kConflict);
  if (!table) return std::nullopt;
  if (!table->has("resolve"))
    table->report().error(section.key_span(name), in_quotes(name) + " has no \"resolve\"",
                          "like { resolve = \"newest\", column = \"updated_at\" }");
  ConflictSpec spec = spec_of(table->text("resolve").value_or("manual"));
  if (auto column = table->text("column")) spec.column = std::move(*column);
  if (auto otherwise = table->text("otherwise")) {
    spec.otherwise = resolve_of(*otherwise);
    if (spec.otherwise == Resolve::member) spec.otherwise_member = std::move(*otherwise);
  }
  return spec;
}

/// Checks one rule of a section, whether it stands there or was taken over.
class RuleCheck {
 public:
  RuleCheck(const ManifestSection& section, std::string_view name, const MergeMembers& members)
      : section_(section), name_(name), members_(members) {}

  void check(ConflictSpec& rule) const {
    place(rule.resolve, rule.member);
    place(rule.otherwise, rule.otherwise_member);
    const std::string resolve = in_quotes(resolve_name(rule.resolve));
    if (by_column(rule.resolve) && rule.column.empty())
      complain(resolve + " in " + in_quotes(name_) + " needs a \"column\"",
               "name the column by which rows are ranked");
    if (!by_column(rule.resolve) && !rule.column.empty())
      complain("\"column\" in " + in_quotes(name_) + " decides nothing",
               "a column is for \"newest\", \"oldest\", \"greatest\" and \"least\"");
    if (by_column(rule.otherwise))
      complain("\"otherwise\" in " + in_quotes(name_) + " must be a member, \"manual\" or \"skip\"",
               "it decides what the column cannot");
    const bool always = rule.resolve == Resolve::manual || rule.resolve == Resolve::skip;
    if (always && rule.otherwise != Resolve::manual)
      complain("\"otherwise\" in " + in_quotes(name_) + " never decides: " + resolve +
               " always does");
  }

 private:
  void complain(std::string message, std::string hint = {}) const {
    section_.report().error(section_.key_span(name_), std::move(message), std::move(hint));
  }

  void place(Resolve resolve, std::string& member) const {
    if (resolve != Resolve::member) return;
    if (member == "target" && members_.target.empty()) {
      complain("\"target\" in " + in_quotes(name_) + " could be any of the spokes",
               "name the spoke, or \"source\" for the hub");
      return;
    }
    if (member == "source") member = members_.source;
    if (member == "target") member = members_.target;
    const auto& all = members_.all;
    if (std::find(all.begin(), all.end(), member) != all.end()) return;
    std::vector<std::string_view> known(all.begin(), all.end());
    for (const Resolve rule : kRules) known.emplace_back(resolve_name(rule));
    std::string message = in_quotes(member) + " in " + in_quotes(name_) +
                          " is no rule, and no member of " + section_.title();
    if (const auto meant = did_you_mean(member, known))
      message += ", did you mean " + in_quotes(*meant) + '?';
    complain(std::move(message),
             "a member, \"source\", \"target\", \"newest\", \"oldest\", \"greatest\", \"least\", "
             "\"manual\" or \"skip\"");
  }

  const ManifestSection& section_;
  std::string_view name_;
  const MergeMembers& members_;
};

bool by_time(const ConflictSpec& rule) {
  return rule.resolve == Resolve::newest || rule.resolve == Resolve::oldest;
}

}  // namespace

void read_merge(const ManifestSection& section, MergeSpec& merge) {
  if (auto rule = read_rule(section, "conflict")) merge.conflict = std::move(*rule);
  if (auto rule = read_rule(section, "insert_conflict")) merge.inserts = std::move(*rule);
  if (const auto columns = section.choice<unsigned>("merge")) merge.by_columns = *columns == 1;
  if (const auto threshold = section.duration("threshold")) merge.threshold = *threshold;
}

void check_merge(const ManifestSection& section, const MergeMembers& members, MergeSpec& merge) {
  RuleCheck(section, "conflict", members).check(merge.conflict);
  if (merge.inserts) RuleCheck(section, "insert_conflict", members).check(*merge.inserts);
  for (const std::string& member : members.all) {
    if (!is_word(member)) continue;
    section.report().error(section.span(),
                           "the server's name " + in_quotes(member) +
                               " means something else in a " + "rule for conflicts",
                           "give it another name");
  }
  const bool times = by_time(merge.conflict) || (merge.inserts && by_time(*merge.inserts));
  if (section.reads("threshold") && !times)
    section.report().error(section.key_span("threshold"),
                           "\"threshold\" is for \"newest\" and \"oldest\" alone");
}

void check_direction(const ManifestSection& section, Direction direction,
                     const TableOptions& options) {
  if (direction != Direction::two_way) {
    for (const char* key : {"conflict", "insert_conflict", "merge", "threshold", "audit"})
      if (section.reads(key))
        section.report().error(section.key_span(key),
                               in_quotes(key) + " is for two-way syncs alone",
                               "set direction = \"two-way\", or leave it out");
    return;
  }
  if (options.deletes != Deletes::apply || !options.soft_deletes.empty() || options.tombstones)
    section.report().error(section.key_span("deletes"), "\"deletes\" is for one-way syncs alone",
                           "a two-way sync carries deletes by its baseline");
  const auto refuse = [&](const char* key, const char* why) {
    section.report().error(section.key_span(key), in_quotes(key) + " cannot go with a two-way sync",
                           why);
  };
  if (!options.where.empty())
    refuse("where", "not built yet: a row that leaves the filter would look like one that is gone");
  if (options.incremental && !options.incremental->initial_text.empty())
    refuse("incremental", "with \"initial\" not built yet: it is a filter on full runs too");
  if (options.split_units) refuse("split_units", "what several servers get, they get at once");
}

}  // namespace rowplan::planner
