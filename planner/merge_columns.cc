#include "planner/merge_columns.h"

#include <algorithm>
#include <cassert>

#include "planner/change_builder.h"

namespace rowplan::planner {

namespace {

/// Whose cell is taken.
struct Taken {
  Pick pick;
  bool conflict = false;
};

Taken from(std::size_t member) { return {{member, Resolve::member, Undecided::none}, false}; }

/// Has somebody diverged, and nobody made a new cell of what it did not know? Then those that have
/// that cell stand for it.
bool others_count(std::span<const mysql::Row* const> rows, const CellStates& states,
                  std::size_t c) {
  bool diverged = false;
  for (std::size_t member = 0; member < rows.size(); ++member) {
    if (states.at(member, c) == CellState::changed) return false;
    diverged = diverged || states.at(member, c) == CellState::diverged;
  }
  return diverged;
}

std::vector<Candidate> changes_of(std::span<const mysql::Row* const> rows, const CellStates& states,
                                  std::size_t c, bool with_others) {
  std::vector<Candidate> changes;
  for (std::size_t member = 0; member < rows.size(); ++member) {
    const bool for_others = with_others && states.at(member, c) == CellState::base;
    if (!states.is_changed(member, c) && !for_others) continue;
    const mysql::Row* row = rows[member];
    const auto same = std::find_if(changes.begin(), changes.end(), [&](const Candidate& other) {
      return !cell_differs(*other.row, *row, c);
    });
    changes.push_back({member, row, same == changes.end() ? changes.size() : same->value});
  }
  return changes;
}

/// A cell that nobody changed is as it was: from a member that has it so.
Taken take_unchanged(std::span<const mysql::Row* const> rows, const CellStates& states,
                     std::size_t c) {
  std::optional<std::size_t> some;
  bool equal = true;
  for (std::size_t member = 0; member < rows.size(); ++member) {
    if (rows[member] == nullptr) continue;
    if (states.at(member, c) == CellState::base) return from(member);
    if (!some) some = member;
    equal = equal && states.at(member, c) == CellState::written &&
            !cell_differs(*rows[*some], *rows[member], c);
  }
  if (equal) return from(some.value());
  return {{std::nullopt, Resolve::manual, Undecided::not_held}, true};
}

Taken take(const MergeRule& rule, std::span<const mysql::Row* const> rows, const CellStates& states,
           std::size_t c) {
  const bool with_others = others_count(rows, states, c);
  const std::vector<Candidate> changes = changes_of(rows, states, c, with_others);
  if (changes.empty()) return take_unchanged(rows, states, c);
  const bool no_others =
      with_others && std::none_of(changes.begin(), changes.end(), [&](const Candidate& candidate) {
        return states.at(candidate.member, c) == CellState::base;
      });
  if (no_others) return {{std::nullopt, Resolve::manual, Undecided::not_held}, true};
  const bool equal = std::all_of(changes.begin(), changes.end(), [&](const Candidate& candidate) {
    return candidate.value == changes.front().value;
  });
  if (equal) return from(changes.front().member);
  if (by_column(rule.resolve) && rule.column->index == c)
    if (const auto first = first_by_column(rule, changes)) return from(*first);
  return {pick_winner(rule, changes), true};
}

}  // namespace

bool CellStates::any_changed(std::size_t member) const {
  for (std::size_t c = 0; c < columns_; ++c)
    if (is_changed(member, c)) return true;
  return false;
}

MergedCells merge_cells(const MergeRule& rule, std::span<const mysql::Row* const> rows,
                        const CellStates& states, std::size_t columns) {
  MergedCells merged;
  mysql::Row result;
  bool open = false;
  for (std::size_t c = 0; c < columns; ++c) {
    const auto [pick, conflict] = take(rule, rows, states, c);
    if (conflict) merged.conflicts.push_back({c, pick});
    open = open || !pick.member;
    if (open) continue;
    const mysql::Row& row = *rows[*pick.member];
    if (row.is_null(c))
      result.add_null();
    else
      result.add(row.cell(c));
  }
  if (!open) merged.row = std::move(result);
  return merged;
}

}  // namespace rowplan::planner
