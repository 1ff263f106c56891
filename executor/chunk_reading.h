// What a chunk is now, on one member.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "executor/unit_work.h"
#include "mysql/session.h"
#include "planner/plan.h"
#include "planner/select_sql.h"

namespace rowplan::executor {

/// Rows by their identity_of (row_identity.h).
using RowsByKey = std::map<std::string, mysql::Row>;

struct ChunkReading {
  planner::ChunkHash hash;
  RowsByKey rows;  ///< only those that the chunk's changes name, and need
};

/// Keys of a table's changes, as cells. A key that does not convert is a PlanError.
struct ChangeKeys {
  std::vector<mysql::Row> source;  ///< one a change: where the source has or lacks the row
  std::vector<mysql::Row> target;  ///< before and, if it differs, after
};
[[nodiscard]] ChangeKeys keys_of(const planner::TablePair& pair,
                                 const std::vector<planner::Change>& changes);

/// Reads and hashes the rows of `chunk`. `changes`: those of the chunk. With for_update the rows
/// and the gaps between them are locked. Throws mysql::Error.
[[nodiscard]] ChunkReading read_chunk(mysql::Session& session, const TableWork& table,
                                      const planner::PlanChunk& chunk,
                                      const std::vector<planner::Change>& changes,
                                      planner::Side side, planner::Locking locking);

/// Does the pair's `where` apply?
enum class Filtered : std::uint8_t { no, yes };

/// Reads the rows of these keys alone.
[[nodiscard]] RowsByKey read_rows(mysql::Session& session, const planner::TablePair& pair,
                                  planner::Side side, const std::vector<mysql::Row>& keys,
                                  planner::Locking locking, Filtered filtered = Filtered::yes);

}  // namespace rowplan::executor
