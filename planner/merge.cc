#include "planner/merge.h"

#include <algorithm>
#include <cassert>

#include "planner/change_builder.h"
#include "planner/row_standing.h"

namespace rowplan::planner {

namespace {

bool same_row(const mysql::Row* a, const mysql::Row* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return *a == *b;
}

/// The proposals of `members`, equal ones under one number.
std::vector<Candidate> candidates_of(const MergeInput& input,
                                     const std::vector<std::size_t>& members) {
  std::vector<Candidate> candidates;
  for (const std::size_t member : members) {
    const mysql::Row* row = input.rows[member];
    const auto same = std::find_if(candidates.begin(), candidates.end(),
                                   [&](const Candidate& c) { return same_row(c.row, row); });
    candidates.push_back({member, row, same == candidates.end() ? candidates.size() : same->value});
  }
  return candidates;
}

bool all_same(const std::vector<Candidate>& candidates) {
  return std::all_of(candidates.begin(), candidates.end(), [&](const Candidate& candidate) {
    return candidate.value == candidates.front().value;
  });
}

MergeDecision take(const mysql::Row* row) {
  MergeDecision decision;
  decision.outcome = MergeOutcome::merged;
  if (row != nullptr) decision.result = *row;
  return decision;
}

MergeOutcome left_open(Resolve by) {
  return by == Resolve::skip ? MergeOutcome::skipped : MergeOutcome::unresolved;
}

/// A conflict of whole rows, decided or not.
MergeDecision settle(const MergeInput& input, Conflict conflict) {
  MergeDecision decision;
  if (conflict.pick.member)
    decision = take(input.rows[*conflict.pick.member]);
  else
    decision.outcome = left_open(conflict.pick.by);
  decision.conflict = std::move(conflict);
  return decision;
}

/// What a row was is what it should be, or one of the changes; and no member has it so.
MergeDecision not_held(const MergeInput& input, const RowStandings& standings) {
  return settle(input, {ConflictKind::update_update,
                        states_of(standings),
                        {std::nullopt, Resolve::manual, Undecided::not_held},
                        {}});
}

ConflictKind kind_of(const MergeInput& input, const RowHashes& hashes,
                     const RowStandings& standings, const std::vector<Candidate>& candidates) {
  bool diverged = false;
  bool inserted = false;
  for (const Candidate& candidate : candidates) {
    const std::size_t member = candidate.member;
    const MemberBase base = base_of(input, member);
    const bool for_itself = standings[member].diverged || hashes[member] != base_hash(input);
    if (base.kind == MemberBase::Kind::unknown && for_itself) return ConflictKind::no_baseline;
    if (!standings[member].diverged) continue;
    diverged = true;
    inserted = inserted || base.row == nullptr;
  }
  const bool deleted = std::any_of(candidates.begin(), candidates.end(),
                                   [](const Candidate& c) { return c.row == nullptr; });
  if (deleted) return ConflictKind::update_delete;
  if (diverged ? inserted : input.base == nullptr) return ConflictKind::insert_insert;
  return ConflictKind::update_update;
}

/// Who deleted the row so that it goes, whatever others made of it. Never one that still has it.
std::optional<std::size_t> force_deleter(const MergeInput& input, const RowStandings& standings) {
  for (std::size_t member = 0; member < input.audit.size(); ++member)
    if (standings[member].state == RowState::deleted && input.audit[member] &&
        input.audit[member]->force_delete)
      return member;
  return std::nullopt;
}

std::vector<std::size_t> holders(const MergeInput& input) {
  std::vector<std::size_t> members;
  for (std::size_t member = 0; member < input.rows.size(); ++member)
    if (input.rows[member] != nullptr) members.push_back(member);
  return members;
}

/// Is there a row before and after wherever one was changed, with its cells known?
bool has_cells(const MergeInput& input, const RowHashes& hashes, const RowStandings& standings) {
  if (input.base == nullptr || holders(input).empty()) return false;
  for (std::size_t member = 0; member < hashes.size(); ++member) {
    if (standings[member].state == RowState::deleted) return false;
    if (!hashes[member] || hashes[member] == base_hash(input)) continue;
    if (base_of(input, member).row == nullptr) return false;
  }
  return true;
}

}  // namespace

RowMerger::RowMerger(const MergeRules& rules, std::vector<mysql::CellType> types)
    : rules_(rules), columns_(types.size()), hasher_(std::move(types)) {}

MergeDecision RowMerger::merge(const MergeInput& input) {
  assert(input.rows.size() >= 2);
  assert(input.has_baseline || input.base == nullptr);
  const mysql::Row* first = input.rows.front();
  const bool equal = std::all_of(input.rows.begin(), input.rows.end(),
                                 [&](const mysql::Row* row) { return same_row(first, row); });
  if (equal) {
    MergeDecision decision;
    if (first != nullptr) decision.hash = hasher_.hash(*first);
    if (decision.hash != base_hash(input) || input.is_listed)
      decision.outcome = MergeOutcome::dissolved;
    return decision;
  }
  const RowHashes hashes = hashes_of(input.rows);
  if (const auto done = half_done(input, hashes)) return take(input.rows[*done]);
  if (!input.has_baseline) return merge_union(input, hashes);
  RowStandings standings = standings_of(input, hashes);
  if (!rules_.by_columns || !has_cells(input, hashes, standings))
    return merge_changes(input, hashes, std::move(standings));
  const CellStates cells = cell_states(input, hashes);
  static_cast<void>(proposals_of(input, hashes, standings));
  std::vector<RowState> states = states_of(standings);
  // A row may hold both what the member changed and what an earlier run wrote.
  for (std::size_t member = 0; member < states.size(); ++member)
    if (hashes[member] && hashes[member] != base_hash(input))
      states[member] = cells.any_changed(member) ? RowState::changed : RowState::unchanged;
  return merge_by_columns(input, std::move(states), cells);
}

MergeDecision RowMerger::hold_back(const MergeInput& input, ConflictKind kind) {
  const RowHashes hashes = hashes_of(input.rows);
  Conflict conflict;
  conflict.kind = kind;
  conflict.states = states_of(standings_of(input, hashes));
  MergeDecision decision;
  decision.outcome = MergeOutcome::unresolved;
  decision.conflict = std::move(conflict);
  return decision;
}

/// Nothing tells who changed a row or deleted it: all rows of all members, and no deletes.
MergeDecision RowMerger::merge_union(const MergeInput& input, const RowHashes& hashes) const {
  const RowStandings standings = standings_of(input, hashes);
  std::vector<std::size_t> members = changers(standings);
  if (members.empty()) members = holders(input);
  const std::vector<Candidate> candidates = candidates_of(input, members);
  if (all_same(candidates)) return take(candidates.front().row);
  return settle(input, {ConflictKind::no_baseline,
                        states_of(standings),
                        pick_winner(rules_.conflict, candidates),
                        {}});
}

MergeDecision RowMerger::merge_changes(const MergeInput& input, const RowHashes& hashes,
                                       RowStandings standings) const {
  const Proposals proposals = proposals_of(input, hashes, standings);
  if (proposals.without_the_others) return not_held(input, standings);
  const std::vector<Candidate> candidates = candidates_of(input, proposals.members);
  if (candidates.empty()) {
    // What differs is behind, or was written by an earlier run, and what for is undone.
    if (input.base == nullptr) return take(nullptr);
    for (std::size_t member = 0; member < hashes.size(); ++member)
      if (hashes[member] == input.base->row) return take(input.rows[member]);
    return not_held(input, standings);
  }
  if (all_same(candidates)) return take(candidates.front().row);
  const ConflictKind kind = kind_of(input, hashes, standings, candidates);
  if (const auto deleter = force_deleter(input, standings))
    return settle(input, {kind, states_of(standings), {deleter, Resolve::force_delete}, {}});
  const Pick pick = kind == ConflictKind::insert_insert ? pick_insert(rules_, candidates)
                                                        : pick_winner(rules_.conflict, candidates);
  return settle(input, {kind, states_of(standings), pick, {}});
}

MergeDecision RowMerger::merge_by_columns(const MergeInput& input, std::vector<RowState> states,
                                          const CellStates& cells) const {
  MergedCells merged = merge_cells(rules_.conflict, input.rows, cells, columns_);
  MergeDecision decision;
  decision.outcome = MergeOutcome::merged;
  decision.result = std::move(merged.row);
  if (merged.conflicts.empty()) return decision;
  Pick pick = merged.conflicts.front().pick;
  if (!decision.result) {
    // A person's word is needed for the whole row, even where other cells are skipped.
    for (const CellConflict& conflict : merged.conflicts)
      if (!conflict.pick.member && (pick.member || conflict.pick.by == Resolve::manual))
        pick = conflict.pick;
    decision.outcome = left_open(pick.by);
  }
  decision.conflict =
      Conflict{ConflictKind::update_update, std::move(states), pick, std::move(merged.conflicts)};
  return decision;
}

RowHashes RowMerger::hashes_of(std::span<const mysql::Row* const> rows) {
  RowHashes hashes(rows.size());
  for (std::size_t member = 0; member < rows.size(); ++member) {
    if (rows[member] == nullptr) continue;
    // Most have the row of another.
    for (std::size_t other = 0; other < member && !hashes[member]; ++other)
      if (same_row(rows[other], rows[member])) hashes[member] = hashes[other];
    if (!hashes[member]) hashes[member] = hasher_.hash(*rows[member]);
  }
  return hashes;
}

CellStates RowMerger::cell_states(const MergeInput& input, const RowHashes& hashes) {
  assert(input.base->cells.size() == columns_);
  CellStates states(input.rows.size(), columns_);
  for (const std::size_t member : holders(input)) {
    const bool as_it_was = hashes[member] == input.base->row;
    for (std::size_t c = 0; c < columns_; ++c)
      states.at(member, c) = as_it_was ? CellState::base : cell_state(input, member, c);
  }
  return states;
}

CellState RowMerger::cell_state(const MergeInput& input, std::size_t member, std::size_t c) {
  const std::uint64_t hash = hasher_.cell_hash(*input.rows[member], c);
  const std::uint64_t head = input.base->cells[c];
  if (hash == head) return CellState::base;
  const std::uint64_t own = base_of(input, member).row->cells[c];
  if (hash == own) return CellState::behind;
  const bool written =
      std::any_of(input.intents.begin(), input.intents.end(), [&](const MergeIntent& intent) {
        return counts(input, intent) && !intent.was_absent(member) && !intent.wrote.empty() &&
               intent.wrote[member][c] && intent.cells[c] == hash;
      });
  if (written) return CellState::written;
  return own == head ? CellState::changed : CellState::diverged;
}

BaselineRow RowMerger::baseline_of(const mysql::Row& row) {
  BaselineRow base{hasher_.hash(row), {}};
  if (!rules_.by_columns) return base;
  for (std::size_t c = 0; c < columns_; ++c) base.cells.push_back(hasher_.cell_hash(row, c));
  return base;
}

MergeIntent RowMerger::intent_to(const MergeInput& input, const std::optional<mysql::Row>& result) {
  MergeIntent intent;
  if (input.base != nullptr) intent.base = input.base->row;
  intent.seen = hashes_of(input.rows);
  if (!result) return intent;
  intent.result = hasher_.hash(*result);
  if (!rules_.by_columns) return intent;
  for (std::size_t c = 0; c < columns_; ++c) intent.cells.push_back(hasher_.cell_hash(*result, c));
  for (const mysql::Row* row : input.rows) {
    intent.wrote.emplace_back(columns_);
    for (std::size_t c = 0; c < columns_; ++c)
      intent.wrote.back()[c] = row == nullptr || cell_differs(*row, *result, c);
  }
  return intent;
}

std::optional<Op> op_to(const mysql::Row* row, const std::optional<mysql::Row>& result) {
  if (!result) return row == nullptr ? std::nullopt : std::optional(Op::remove);
  if (row == nullptr) return Op::insert;
  return *row == *result ? std::nullopt : std::optional(Op::update);
}

const char* conflict_kind_name(ConflictKind kind) noexcept {
  switch (kind) {
    case ConflictKind::update_update:
      return "update_update";
    case ConflictKind::update_delete:
      return "update_delete";
    case ConflictKind::insert_insert:
      return "insert_insert";
    case ConflictKind::no_baseline:
      return "no_baseline";
    case ConflictKind::unique:
      return "unique";
    case ConflictKind::reference:
      return "reference";
  }
  return "";
}

}  // namespace rowplan::planner
