// Where each member stands with a row: what it has done with it since its own last sync, and
// whether it knew what the others had made of it. Pure.
#pragma once

#include <optional>
#include <vector>

#include "planner/merge.h"

namespace rowplan::planner {

struct RowStanding {
  RowState state = RowState::unchanged;  ///< against what the member had itself
  /// The member changed what the others had changed without it: theirs is no less a change.
  bool diverged = false;
};
using RowStandings = std::vector<RowStanding>;

/// The baseline's hash of the row; nullopt: it has none.
[[nodiscard]] std::optional<mysql::RowHash> base_hash(const MergeInput& input);
/// What the member had, where that is known; the baseline's row where nothing else is.
[[nodiscard]] MemberBase base_of(const MergeInput& input, std::size_t member);

/// Was the intent made when the baseline was what it is?
[[nodiscard]] bool counts(const MergeInput& input, const MergeIntent& intent);

/// Did an earlier run end half way, and nothing happened since? Who has what it made of the row.
/// `hashes` are those of the members' rows.
[[nodiscard]] std::optional<std::size_t> half_done(const MergeInput& input,
                                                   const RowHashes& hashes);

/// Of all members. Without a baseline each row that a member has is new, but what an earlier run
/// wrote.
[[nodiscard]] RowStandings standings_of(const MergeInput& input, const RowHashes& hashes);

[[nodiscard]] std::vector<RowState> states_of(const RowStandings& standings);

/// Members whose own change it is.
[[nodiscard]] std::vector<std::size_t> changers(const RowStandings& standings);

/// What the row must be decided between.
struct Proposals {
  std::vector<std::size_t> members;  ///< in their order
  /// Somebody diverged from what nobody has any more: no row stands for the others' change.
  bool without_the_others = false;
};

/// The members whose own change it is. Where one diverged, and no other has made a new row of what
/// it did not know, those that have that row stand for it: their state is told as what they did
/// with the row that the first one that diverged knew.
[[nodiscard]] Proposals proposals_of(const MergeInput& input, const RowHashes& hashes,
                                     RowStandings& standings);

}  // namespace rowplan::planner
