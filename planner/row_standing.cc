#include "planner/row_standing.h"

#include <algorithm>

namespace rowplan::planner {

namespace {

std::optional<mysql::RowHash> hash_of(const BaselineRow* row) {
  return row == nullptr ? std::nullopt : std::optional(row->row);
}

RowState state_against(const std::optional<mysql::RowHash>& base,
                       const std::optional<mysql::RowHash>& hash) {
  if (hash == base) return RowState::unchanged;
  if (!base) return RowState::added;
  return hash ? RowState::changed : RowState::deleted;
}

/// Is the member's row what an earlier run wrote there?
bool is_written(const MergeInput& input, std::size_t member,
                const std::optional<mysql::RowHash>& hash) {
  return std::any_of(input.intents.begin(), input.intents.end(), [&](const MergeIntent& intent) {
    return counts(input, intent) && intent.writes(member) && intent.result == hash;
  });
}

RowStanding standing_of(const MergeInput& input, std::size_t member,
                        const std::optional<mysql::RowHash>& hash) {
  const auto head = base_hash(input);
  if (is_written(input, member, hash) || hash == head) return {};
  const MemberBase base = base_of(input, member);
  if (base.kind == MemberBase::Kind::unknown) {
    // That it lacks a row says nothing, and that it has one nothing of a delete.
    if (!hash) return {};
    return {RowState::added, head.has_value()};
  }
  const auto own = hash_of(base.row);
  return {state_against(own, hash), hash != own && own != head};
}

bool is_changed(const RowStanding& standing) { return standing.state != RowState::unchanged; }

/// What the others did with a row that `diverged` knew.
RowState state_for(const MergeInput& input, std::size_t diverged) {
  const MemberBase base = base_of(input, diverged);
  const auto head = base_hash(input);
  if (base.kind != MemberBase::Kind::unknown) return state_against(hash_of(base.row), head);
  return head ? RowState::added : RowState::deleted;
}

/// Has the member changed nothing that it knew of the row?
bool is_as_it_was(const MergeInput& input, std::size_t member,
                  const std::optional<mysql::RowHash>& hash) {
  const MemberBase base = base_of(input, member);
  if (hash == base_hash(input)) return true;
  if (base.kind == MemberBase::Kind::unknown) return !hash;
  return hash == (base.row == nullptr ? std::nullopt : std::optional(base.row->row));
}

}  // namespace

std::optional<mysql::RowHash> base_hash(const MergeInput& input) { return hash_of(input.base); }

MemberBase base_of(const MergeInput& input, std::size_t member) {
  const bool own = !input.own.empty() && input.own[member].kind != MemberBase::Kind::common;
  return own ? input.own[member] : MemberBase{MemberBase::Kind::common, input.base};
}

bool counts(const MergeInput& input, const MergeIntent& intent) {
  return intent.base == base_hash(input);
}

RowStandings standings_of(const MergeInput& input, const RowHashes& hashes) {
  RowStandings standings;
  for (std::size_t member = 0; member < hashes.size(); ++member)
    standings.push_back(standing_of(input, member, hashes[member]));
  const bool deleted = std::any_of(standings.begin(), standings.end(), [](const RowStanding& each) {
    return each.state == RowState::deleted;
  });
  if (!deleted) return standings;
  // Whose row is a guess loses none by a delete: it has it, and that is all that is known.
  for (std::size_t member = 0; member < hashes.size(); ++member)
    if (base_of(input, member).kind == MemberBase::Kind::unknown && hashes[member] &&
        !is_written(input, member, hashes[member]))
      standings[member] = {RowState::added, input.base != nullptr};
  return standings;
}

std::vector<RowState> states_of(const RowStandings& standings) {
  std::vector<RowState> states;
  for (const RowStanding& standing : standings) states.push_back(standing.state);
  return states;
}

std::vector<std::size_t> changers(const RowStandings& standings) {
  std::vector<std::size_t> members;
  for (std::size_t member = 0; member < standings.size(); ++member)
    if (is_changed(standings[member])) members.push_back(member);
  return members;
}

Proposals proposals_of(const MergeInput& input, const RowHashes& hashes, RowStandings& standings) {
  const auto diverged = std::find_if(standings.begin(), standings.end(),
                                     [](const RowStanding& each) { return each.diverged; });
  const bool superseded =
      std::any_of(standings.begin(), standings.end(),
                  [](const RowStanding& each) { return is_changed(each) && !each.diverged; });
  Proposals proposals;
  if (diverged != standings.end() && !superseded) {
    proposals.without_the_others = true;
    const RowState state = state_for(input, static_cast<std::size_t>(diverged - standings.begin()));
    for (std::size_t member = 0; member < hashes.size(); ++member) {
      if (is_changed(standings[member]) || hashes[member] != base_hash(input)) continue;
      standings[member].state = state;
      proposals.without_the_others = false;
    }
  }
  proposals.members = changers(standings);
  return proposals;
}

std::optional<std::size_t> half_done(const MergeInput& input, const RowHashes& hashes) {
  std::optional<std::size_t> done;
  if (input.intents.empty() || !counts(input, input.intents.back())) return done;
  const MergeIntent& intent = input.intents.back();
  for (std::size_t member = 0; member < hashes.size(); ++member) {
    if (intent.was_absent(member)) {
      if (!is_as_it_was(input, member, hashes[member])) return std::nullopt;
    } else if (intent.writes(member) && intent.result == hashes[member]) {
      done = member;
    } else if (hashes[member] != intent.seen[member]) {
      return std::nullopt;
    }
  }
  return done;
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

}  // namespace rowplan::planner
