#include "planner/merge_policy.h"

#include <algorithm>
#include <cassert>
#include <string_view>
#include <variant>

#include "planner/instant.h"

namespace rowplan::planner {

namespace {

using mysql::CellKind;

bool is_time(const mysql::CellType& type) {
  return type.kind == CellKind::date || type.kind == CellKind::datetime;
}

/// nullopt: no point in time (0000-00-00, 2026-02-31).
std::optional<Instant> time_of(std::string_view cell) {
  const mysql::PackedTime time = mysql::datetime_of(cell);
  const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(time.year)),
                                        std::chrono::month(time.month), std::chrono::day(time.day)};
  if (!day.ok()) return std::nullopt;
  return std::chrono::sys_days(day) + std::chrono::hours(time.hour) +
         std::chrono::minutes(time.minute) + std::chrono::seconds(time.second) +
         std::chrono::microseconds(time.microsecond);
}

/// Why the candidates cannot be ranked by the column; none: they can.
Undecided unrankable(const MergeRule& rule, const std::vector<Candidate>& candidates) {
  const std::size_t column = rule.column->index;
  const bool times = rule.resolve == Resolve::newest || rule.resolve == Resolve::oldest;
  Undecided why = Undecided::none;
  for (const Candidate& candidate : candidates) {
    if (candidate.row == nullptr) return Undecided::deleted;
    if (candidate.row->is_null(column))
      why = Undecided::null;
    else if (why == Undecided::none && times && !time_of(candidate.row->cell(column)))
      why = Undecided::no_time;
  }
  return why;
}

int compare(const RankColumn& column, const Candidate& a, const Candidate& b) {
  return mysql::compare_cells(column.order, a.row->cell(column.index), b.row->cell(column.index));
}

/// Of candidates that can be ranked.
const Candidate& first_of(const MergeRule& rule, const std::vector<Candidate>& candidates) {
  const bool highest = rule.resolve == Resolve::newest || rule.resolve == Resolve::greatest;
  const Candidate* first = &candidates.front();
  for (const Candidate& candidate : candidates) {
    const int order = compare(*rule.column, candidate, *first);
    if (highest ? order > 0 : order < 0) first = &candidate;
  }
  return *first;
}

bool too_close(const MergeRule& rule, const Candidate& a, const Candidate& b) {
  if (rule.threshold.count() == 0) return false;
  const std::size_t column = rule.column->index;
  const auto apart = time_of(a.row->cell(column)).value() - time_of(b.row->cell(column)).value();
  return std::chrono::abs(apart) < rule.threshold;
}

using Ruling = std::variant<std::size_t, Undecided>;  // the winner, or why there is none

Ruling by_rank(const MergeRule& rule, const std::vector<Candidate>& candidates) {
  const Undecided why = unrankable(rule, candidates);
  if (why != Undecided::none) return why;
  const Candidate& first = first_of(rule, candidates);
  bool close = false;
  for (const Candidate& other : candidates) {
    if (other.value == first.value) continue;
    if (compare(*rule.column, first, other) == 0) return Undecided::equal;
    close = close || too_close(rule, first, other);
  }
  if (close) return Undecided::too_close;
  return first.member;
}

Ruling by_name(std::size_t member, const std::vector<Candidate>& candidates) {
  const bool involved =
      std::any_of(candidates.begin(), candidates.end(),
                  [&](const Candidate& candidate) { return candidate.member == member; });
  if (!involved) return Undecided::not_involved;
  return member;
}

Pick pick_otherwise(const MergeRule& rule, const std::vector<Candidate>& candidates,
                    Undecided because) {
  if (rule.otherwise != Resolve::member) return {std::nullopt, rule.otherwise, because};
  const Ruling ruling = by_name(rule.otherwise_member, candidates);
  if (const auto* winner = std::get_if<std::size_t>(&ruling))
    return {*winner, Resolve::member, because};
  return {std::nullopt, Resolve::manual, because};
}

}  // namespace

const char* undecided_name(Undecided undecided) noexcept {
  switch (undecided) {
    case Undecided::none:
      return "";
    case Undecided::equal:
      return "equal";
    case Undecided::too_close:
      return "too_close";
    case Undecided::null:
      return "null";
    case Undecided::no_time:
      return "no_time";
    case Undecided::deleted:
      return "deleted";
    case Undecided::not_involved:
      return "not_involved";
    case Undecided::inserted:
      return "inserted";
    case Undecided::not_held:
      return "not_held";
  }
  return "";
}

bool MergeRule::by_time() const {
  if (resolve == Resolve::newest || resolve == Resolve::oldest) return true;
  return by_column(resolve) && is_time(column->type);
}

Pick pick_winner(const MergeRule& rule, const std::vector<Candidate>& candidates) {
  assert(candidates.size() >= 2);
  if (!by_column(rule.resolve) && rule.resolve != Resolve::member)
    return {std::nullopt, rule.resolve, Undecided::none};
  const Ruling ruling = rule.resolve == Resolve::member ? by_name(rule.member, candidates)
                                                        : by_rank(rule, candidates);
  if (const auto* winner = std::get_if<std::size_t>(&ruling))
    return {*winner, rule.resolve, Undecided::none};
  return pick_otherwise(rule, candidates, std::get<Undecided>(ruling));
}

Pick pick_insert(const MergeRules& rules, const std::vector<Candidate>& candidates) {
  if (rules.inserts) return pick_winner(*rules.inserts, candidates);
  if (rules.conflict.by_time())
    return pick_otherwise(rules.conflict, candidates, Undecided::inserted);
  return pick_winner(rules.conflict, candidates);
}

std::optional<std::size_t> first_by_column(const MergeRule& rule,
                                           const std::vector<Candidate>& candidates) {
  MergeRule however_close = rule;
  however_close.threshold = {};
  const Ruling ruling = by_rank(however_close, candidates);
  const auto* first = std::get_if<std::size_t>(&ruling);
  return first == nullptr ? std::nullopt : std::optional(*first);
}

}  // namespace rowplan::planner
