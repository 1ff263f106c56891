// The three-way merge of one row: what all members had after the last sync, what each has now, and
// the table's rules, make one row that all shall have. Pure: no server, no order of members but the
// one that the rules name.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "mysql/encoding.h"
#include "planner/audit_entry.h"
#include "planner/change.h"
#include "planner/merge_columns.h"
#include "planner/merge_policy.h"

namespace rowplan::planner {

/// What all members had of a row after the last sync.
struct BaselineRow {
  mysql::RowHash row;
  std::vector<std::uint64_t> cells;  ///< with by_columns: of every column
};

/// Of each member; nullopt: it has no row.
using RowHashes = std::vector<std::optional<mysql::RowHash>>;

/// What an earlier run was about to make of a row, and may have made of it on some members.
/// Counts only as long as the baseline is what it was: once that moves, the run has been finished.
struct MergeIntent {
  std::optional<mysql::RowHash> base;    ///< nullopt: there was no row, or no baseline
  std::optional<mysql::RowHash> result;  ///< nullopt: to delete it
  RowHashes seen;                        ///< of each member, before
  std::vector<bool> absent;              ///< of each: was it missing? Empty: none was
  // With by_columns:
  std::vector<std::uint64_t> cells;      ///< of the result
  std::vector<std::vector<bool>> wrote;  ///< of each member, which of them were not its own

  /// Was the member about to be written?
  [[nodiscard]] bool writes(std::size_t member) const {
    return !was_absent(member) && seen[member] != result;
  }
  [[nodiscard]] bool was_absent(std::size_t member) const {
    return !absent.empty() && absent[member];
  }
};

enum class RowState : std::uint8_t { unchanged, changed, deleted, added };
[[nodiscard]] const char* row_state_name(RowState state) noexcept;  ///< added: "new"

enum class ConflictKind : std::uint8_t {
  update_update,
  update_delete,
  insert_insert,
  no_baseline,  ///< rows that differ, where nothing tells what they were
  unique,       ///< merged, another row would hold the same unique value
  reference,    ///< merged, a foreign key would lead to no row
};
[[nodiscard]] const char* conflict_kind_name(ConflictKind kind) noexcept;

struct Conflict {
  ConflictKind kind = ConflictKind::update_update;
  std::vector<RowState> states;  ///< of each member
  Pick pick;                     ///< of cells: that of the first one left open, else of the first
  std::vector<CellConflict> cells;  ///< by columns: those changed differently; else empty
};

enum class MergeOutcome : std::uint8_t {
  same,        ///< all have what they had
  dissolved,   ///< all have the same, and that is new
  merged,      ///< `result` is what all shall have
  unresolved,  ///< a conflict that waits for a person: nothing is written
  skipped,     ///< a conflict that stays: nothing is written
};

struct MergeDecision {
  MergeOutcome outcome = MergeOutcome::same;
  /// Where merged: the row, or none where it is deleted. Then also where a conflict was decided.
  std::optional<mysql::Row> result;
  std::optional<Conflict> conflict;
  /// Where same or dissolved: of the row that all have; nullopt: none has it.
  std::optional<mysql::RowHash> hash;
};

/// What one member had of a row after the last sync that it took part in.
struct MemberBase {
  enum class Kind : std::uint8_t {
    common,   ///< what all had
    own,      ///< `row`: the others have moved it since
    unknown,  ///< nothing tells
  };
  Kind kind = Kind::common;
  const BaselineRow* row = nullptr;  ///< nullptr: it had no such row
};

struct MergeInput {
  bool has_baseline = true;                 ///< of the table
  const BaselineRow* base = nullptr;        ///< nullptr: there was no such row
  std::span<const mysql::Row* const> rows;  ///< of each member; nullptr: it has none
  std::span<const MergeIntent> intents;     ///< of runs that were not finished, the oldest first
  std::span<const MemberBase> own = {};     ///< of each member; empty: all had `base`
  bool is_listed = false;                   ///< some member is behind in this row: that ends now
  /// Of each member, what its log of changes says of the row; empty: it was not asked.
  std::span<const std::optional<AuditEntry>> audit = {};
};

struct RowStanding;  // planner/row_standing.h

/// Merges the rows of one table.
class RowMerger {
 public:
  RowMerger(const MergeRules& rules, std::vector<mysql::CellType> types);

  /// At least one of the members, the baseline or a base of a member's own has the row.
  [[nodiscard]] MergeDecision merge(const MergeInput& input);

  /// The same where the merged row cannot be: it waits for a person.
  [[nodiscard]] MergeDecision hold_back(const MergeInput& input, ConflictKind kind);

  /// What a baseline keeps of a row that all members have.
  [[nodiscard]] BaselineRow baseline_of(const mysql::Row& row);

  /// What is journaled before the first of the members is written.
  [[nodiscard]] MergeIntent intent_to(const MergeInput& input,
                                      const std::optional<mysql::Row>& result);

 private:
  [[nodiscard]] MergeDecision merge_union(const MergeInput& input, const RowHashes& hashes) const;
  [[nodiscard]] MergeDecision merge_changes(const MergeInput& input, const RowHashes& hashes,
                                            std::vector<RowStanding> standings) const;
  [[nodiscard]] MergeDecision merge_by_columns(const MergeInput& input,
                                               std::vector<RowState> states,
                                               const CellStates& cells) const;
  [[nodiscard]] RowHashes hashes_of(std::span<const mysql::Row* const> rows);
  [[nodiscard]] CellStates cell_states(const MergeInput& input, const RowHashes& hashes);
  [[nodiscard]] CellState cell_state(const MergeInput& input, std::size_t member, std::size_t c);

  MergeRules rules_;
  std::size_t columns_;
  mysql::RowHasher hasher_;
};

/// How a member that has `row` comes to `result`; nullopt: it has it.
[[nodiscard]] std::optional<Op> op_to(const mysql::Row* row,
                                      const std::optional<mysql::Row>& result);

}  // namespace rowplan::planner
