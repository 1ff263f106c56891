// Bugs that tests plant, to see that they are found.
#pragma once

#include <cstdint>

namespace rowplan::mysql {

/// What tests/mutants/mutant.cc can switch on, by these names, in a binary of its own.
enum class Mutant : std::uint8_t {
  hash_drops_last_column,
  hash_joins_texts,
  hash_is_crc_xor,
  compare_ignores_spaces,
  long_values_cut,
  float_has_six_digits,
  null_is_empty,
  lost_connection_ends_rows,
  judge_without_locks,
  not_checked_after_writing,
  read_committed,
  no_rollback_on_retry,
  replace_for_insert,
  low_bound_included,
  last_chunk_closed,
  references_unordered,
  time_zone_unpinned,
  settled_before_commit,
  cascades_unchecked,
  identity_unchecked,
  ties_ignored,
  commit_unknown_is_committed,
  open_transactions_unseen,
  statements_unseen,
};

/// Is the bug planted? Never in rowplan itself: what is linked there is no_mutant.cc.
[[nodiscard]] bool planted(Mutant mutant) noexcept;

}  // namespace rowplan::mysql
