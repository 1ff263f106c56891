// What the chunks of a table are now, on one member.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "executor/row_hashes.h"
#include "executor/unit_work.h"
#include "mysql/session.h"
#include "planner/plan.h"
#include "planner/select_sql.h"
#include "planner/statements.h"

namespace rowplan::executor {

/// Rows by their identity_of (row_identity.h).
using RowsByKey = std::map<std::string, mysql::Row>;

struct TableReading {
  std::vector<planner::ChunkHash> hashes;  ///< of the table's chunks, in their order
  RowsByKey rows;                          ///< those that the chunks' changes name, and need
};

/// The table's changes, those of other steps not among them.
[[nodiscard]] std::vector<const planner::Change*> changes_of(const TableWork& table);

/// Keys of changes, as cells. A key that does not convert is a PlanError.
struct ChangeKeys {
  std::vector<mysql::Row> source;  ///< one a change: where the source has or lacks the row
  std::vector<mysql::Row> target;  ///< before and after, each key once
};
[[nodiscard]] ChangeKeys keys_of(const planner::TablePair& pair, planner::Changes changes);

/// Are rows kept, or hashed alone?
enum class Keep : std::uint8_t { hashes, rows };

/// Reads and hashes the rows of all chunks of `table`; ranges that touch each other by one query.
/// With for_update the rows and the gaps between them are locked. Throws mysql::Error.
[[nodiscard]] TableReading read_chunks(mysql::Session& session, const TableWork& table,
                                       planner::Side side, planner::Locking locking, Keep keep,
                                       RowHashes& known);

/// Does the pair's `where` apply?
enum class Filtered : std::uint8_t { no, yes };

/// Reads the rows of these keys alone.
[[nodiscard]] RowsByKey read_rows(mysql::Session& session, const planner::TablePair& pair,
                                  planner::Side side, const std::vector<mysql::Row>& keys,
                                  planner::Locking locking, Filtered filtered = Filtered::yes);

}  // namespace rowplan::executor
