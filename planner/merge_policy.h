// Who wins a conflict: a table's rules applied to rows that differ. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "mysql/key_order.h"
#include "planner/merge_spec.h"

namespace rowplan::planner {

/// The column by which rows are ranked; one that the client can order.
struct RankColumn {
  std::size_t index = 0;  ///< in a row
  mysql::CellType type;
  mysql::ColumnOrder order = mysql::ColumnOrder::bytes;
};

/// A ConflictSpec of one table, with members and column by their places.
struct MergeRule {
  Resolve resolve = Resolve::manual;
  std::size_t member = 0;
  std::optional<RankColumn> column;  ///< with by_column()
  Resolve otherwise = Resolve::manual;
  std::size_t otherwise_member = 0;
  /// By how much newest and oldest must win; less is too close to call.
  std::chrono::microseconds threshold{0};

  /// Is time what ranks?
  [[nodiscard]] bool by_time() const;
};

struct MergeRules {
  MergeRule conflict;
  std::optional<MergeRule> inserts;  ///< of insert_conflict; none: `conflict`, where not by time
  bool by_columns = false;           ///< merge = "columns"
};

/// What one member proposes.
struct Candidate {
  std::size_t member = 0;
  const mysql::Row* row = nullptr;  ///< nullptr: that the row be deleted
  std::size_t value = 0;            ///< the same number: the same proposal
};

/// Why a rule could not decide.
enum class Undecided : std::uint8_t {
  none,          ///< it could
  equal,         ///< the column's values are equal
  too_close,     ///< they differ by less than the threshold
  null,          ///< one is NULL
  no_time,       ///< one is no point in time, like 0000-00-00
  deleted,       ///< one of the rows is deleted
  not_involved,  ///< the member that should win did not change the row
  inserted,      ///< two inserts of one key are not decided by time
  not_held,      ///< nobody changed the row, and no member has it as it was
};
[[nodiscard]] const char* undecided_name(Undecided undecided) noexcept;

struct Pick {
  std::optional<std::size_t> member;    ///< whose proposal wins; none: see `by`
  Resolve by = Resolve::manual;         ///< what decided; without a member `manual` or `skip`
  Undecided because = Undecided::none;  ///< why `by` is the rule's `otherwise`
};

/// At least two different proposals, in the order of the members.
[[nodiscard]] Pick pick_winner(const MergeRule& rule, const std::vector<Candidate>& candidates);

/// The same for two inserts of one key.
[[nodiscard]] Pick pick_insert(const MergeRules& rules, const std::vector<Candidate>& candidates);

/// The proposal that ranks first, however close; nullopt where the column does not tell. `rule` is
/// by_column().
[[nodiscard]] std::optional<std::size_t> first_by_column(const MergeRule& rule,
                                                         const std::vector<Candidate>& candidates);

}  // namespace rowplan::planner
