// Does one table on one member hold what a unit's plan says of it?
#pragma once

#include <string>

#include "executor/chunk_reading.h"
#include "executor/executor.h"
#include "executor/row_hashes.h"
#include "executor/unit_work.h"
#include "mysql/session.h"
#include "planner/change.h"
#include "planner/statements.h"

namespace rowplan::executor {

/// What is known of one member, over all chunks or rows of a unit.
struct Tally {
  bool all_before = true;
  bool all_after = true;
  std::string address;  ///< of the first table that is not as planned
  std::string detail;   ///< what was found there

  /// `what()` says it, where it is to be told.
  template <typename What>
  void add(bool before, bool after, const std::string& where, const What& what) {
    // The first thing that is neither, or that breaks with what was seen so far, is told.
    const bool fits = (before && all_before) || (after && all_after);
    all_before = all_before && before;
    all_after = all_after && after;
    if (!fits && detail.empty()) {
      address = where;
      detail = what();
    }
  }
};

// Each reads the unit's chunks of the table, or with Verify::rows the rows of its changes alone,
// and adds to the tally what it finds; `rows` gets those that the changes name. Throws
// mysql::Error.

/// On the pair's target, where the changes are written.
void judge_target(const TableWork& table, mysql::Session& target, Verify verify,
                  planner::Locking locking, RowsByKey& rows, RowHashes& hashes, Tally& tally);
/// On its source, which has what the changes bring.
void judge_source(const TableWork& table, mysql::Session& source, Verify verify,
                  planner::Locking locking, RowsByKey& rows, RowHashes& hashes, Tally& tally);
/// Of a two-way table on the member that `table.pair` writes. Its own changes are `table.changes`;
/// of the rows that only `table.others` change, it has what these bring.
void judge_member(const TableWork& table, mysql::Session& member, Verify verify,
                  planner::Locking locking, RowsByKey& rows, RowHashes& hashes, Tally& tally);

/// How what is judged before it is written is read.
[[nodiscard]] planner::Locking locked();

/// Within the transaction that wrote the table on the pair's target: what of it is not as it is to
/// be, or nothing. Throws mysql::Error.
[[nodiscard]] std::optional<std::string> not_as_written(const TableWork& table,
                                                        mysql::Session& target, Verify verify,
                                                        RowHashes& hashes);

/// Does the row hold these values? References are compared by their hashes.
[[nodiscard]] bool holds(const planner::TablePair& pair, const mysql::Row& row,
                         const planner::NamedValues& values);

}  // namespace rowplan::executor
