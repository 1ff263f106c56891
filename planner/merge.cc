#include "planner/merge.h"

#include <algorithm>
#include <cassert>

#include "planner/change_builder.h"

namespace rowplan::planner {

namespace {

bool same_row(const mysql::Row* a, const mysql::Row* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return *a == *b;
}

/// Was the intent made when the baseline was what it is?
bool counts(const MergeInput& input, const MergeIntent& intent) {
  const auto base = input.base == nullptr ? std::nullopt : std::optional(input.base->row);
  return intent.base == base;
}

/// Is the member's row what an earlier run wrote there?
bool is_written(const MergeInput& input, std::size_t member,
                const std::optional<mysql::RowHash>& hash) {
  return std::any_of(input.intents.begin(), input.intents.end(), [&](const MergeIntent& intent) {
    return counts(input, intent) && intent.writes(member) && intent.result == hash;
  });
}

/// Did an earlier run end half way, and nothing happened since? Who has what it made of the row.
std::optional<std::size_t> half_done(const MergeInput& input, const RowHashes& hashes) {
  std::optional<std::size_t> done;
  if (input.intents.empty() || !counts(input, input.intents.back())) return done;
  const MergeIntent& intent = input.intents.back();
  for (std::size_t member = 0; member < hashes.size(); ++member) {
    if (intent.writes(member) && intent.result == hashes[member])
      done = member;
    else if (hashes[member] != intent.seen[member])
      return std::nullopt;
  }
  return done;
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

ConflictKind kind_of(const MergeInput& input, const std::vector<Candidate>& candidates) {
  if (!input.has_baseline) return ConflictKind::no_baseline;
  if (input.base == nullptr) return ConflictKind::insert_insert;
  const bool deleted = std::any_of(candidates.begin(), candidates.end(),
                                   [](const Candidate& c) { return c.row == nullptr; });
  return deleted ? ConflictKind::update_delete : ConflictKind::update_update;
}

RowState state_of(const MergeInput& input, std::size_t member,
                  const std::optional<mysql::RowHash>& hash) {
  if (is_written(input, member, hash)) return RowState::unchanged;
  if (input.base == nullptr) return hash ? RowState::added : RowState::unchanged;
  if (!hash) return RowState::deleted;
  return *hash == input.base->row ? RowState::unchanged : RowState::changed;
}

/// Who deleted the row so that it goes, whatever others made of it. Never one that still has it.
std::optional<std::size_t> force_deleter(const MergeInput& input,
                                         const std::vector<RowState>& states) {
  for (std::size_t member = 0; member < input.audit.size(); ++member)
    if (states[member] == RowState::deleted && input.audit[member] &&
        input.audit[member]->force_delete)
      return member;
  return std::nullopt;
}

/// Members whose own change it is.
std::vector<std::size_t> changers(const std::vector<RowState>& states) {
  std::vector<std::size_t> members;
  for (std::size_t member = 0; member < states.size(); ++member)
    if (states[member] != RowState::unchanged) members.push_back(member);
  return members;
}

std::vector<std::size_t> holders(const MergeInput& input) {
  std::vector<std::size_t> members;
  for (std::size_t member = 0; member < input.rows.size(); ++member)
    if (input.rows[member] != nullptr) members.push_back(member);
  return members;
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
    const auto base = input.base == nullptr ? std::nullopt : std::optional(input.base->row);
    if (decision.hash != base) decision.outcome = MergeOutcome::dissolved;
    return decision;
  }
  const RowHashes hashes = hashes_of(input.rows);
  if (const auto done = half_done(input, hashes)) return take(input.rows[*done]);
  if (!input.has_baseline) return merge_union(input, hashes);
  std::vector<RowState> states(input.rows.size());
  for (std::size_t member = 0; member < states.size(); ++member)
    states[member] = state_of(input, member, hashes[member]);
  const bool deleted = std::count(states.begin(), states.end(), RowState::deleted) > 0;
  if (!rules_.by_columns || input.base == nullptr || deleted || holders(input).empty())
    return merge_changes(input, hashes, std::move(states));
  const CellStates cells = cell_states(input, hashes);
  // A row may hold both what the member changed and what an earlier run wrote.
  for (std::size_t member = 0; member < states.size(); ++member)
    if (input.rows[member] != nullptr)
      states[member] = cells.any_changed(member) ? RowState::changed : RowState::unchanged;
  return merge_by_columns(input, std::move(states), cells);
}

MergeDecision RowMerger::hold_back(const MergeInput& input, ConflictKind kind) {
  const RowHashes hashes = hashes_of(input.rows);
  Conflict conflict;
  conflict.kind = kind;
  for (std::size_t member = 0; member < input.rows.size(); ++member)
    conflict.states.push_back(state_of(input, member, hashes[member]));
  MergeDecision decision;
  decision.outcome = MergeOutcome::unresolved;
  decision.conflict = std::move(conflict);
  return decision;
}

/// Nothing tells who changed a row or deleted it: all rows of all members, and no deletes.
MergeDecision RowMerger::merge_union(const MergeInput& input, const RowHashes& hashes) const {
  std::vector<RowState> states(input.rows.size(), RowState::unchanged);
  for (const std::size_t member : holders(input))
    if (!is_written(input, member, hashes[member])) states[member] = RowState::added;
  std::vector<std::size_t> members = changers(states);
  if (members.empty()) members = holders(input);
  std::vector<Candidate> candidates = candidates_of(input, members);
  if (all_same(candidates)) return take(candidates.front().row);
  return settle(input, {kind_of(input, candidates),
                        std::move(states),
                        pick_winner(rules_.conflict, candidates),
                        {}});
}

MergeDecision RowMerger::merge_changes(const MergeInput& input, const RowHashes& hashes,
                                       std::vector<RowState> states) const {
  const std::vector<Candidate> candidates = candidates_of(input, changers(states));
  if (candidates.empty()) {
    // What differs was written by an earlier run, and what it was written for is undone.
    if (input.base == nullptr) return take(nullptr);
    for (std::size_t member = 0; member < hashes.size(); ++member)
      if (hashes[member] == input.base->row) return take(input.rows[member]);
    return settle(input, {ConflictKind::update_update,
                          std::move(states),
                          {std::nullopt, Resolve::manual, Undecided::not_held},
                          {}});
  }
  if (all_same(candidates)) return take(candidates.front().row);
  const ConflictKind kind = kind_of(input, candidates);
  if (const auto deleter = force_deleter(input, states))
    return settle(input, {kind, std::move(states), {deleter, Resolve::force_delete}, {}});
  const Pick pick = kind == ConflictKind::insert_insert ? pick_insert(rules_, candidates)
                                                        : pick_winner(rules_.conflict, candidates);
  return settle(input, {kind, std::move(states), pick, {}});
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
    for (std::size_t c = 0; c < columns_; ++c) {
      CellState& state = states.at(member, c);
      state = CellState::base;
      if (as_it_was) continue;
      const std::uint64_t hash = hasher_.cell_hash(*input.rows[member], c);
      if (hash == input.base->cells[c]) continue;
      const bool written =
          std::any_of(input.intents.begin(), input.intents.end(), [&](const MergeIntent& intent) {
            return counts(input, intent) && !intent.wrote.empty() && intent.wrote[member][c] &&
                   intent.cells[c] == hash;
          });
      state = written ? CellState::written : CellState::changed;
    }
  }
  return states;
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

const char* row_state_name(RowState state) noexcept {
  switch (state) {
    case RowState::unchanged:
      return "unchanged";
    case RowState::changed:
      return "changed";
    case RowState::deleted:
      return "deleted";
    case RowState::added:
      return "new";
  }
  return "";
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
