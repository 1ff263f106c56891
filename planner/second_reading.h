// Reads chunks that differ again, until two readings saw the same.
#pragma once

#include <cstdint>
#include <vector>

#include "planner/chunk_builder.h"
#include "planner/member_rows.h"
#include "planner/observer.h"

namespace rowplan::planner {

/// What later readings share. The sessions hold snapshots.
class SecondReading {
 public:
  SecondReading(const TablePair& pair, MemberSessions members, ChunkBuilder& chunks,
                PlanObserver& observer)
      : pair_(pair), members_(members), chunks_(chunks), observer_(observer) {}

  /// Builds the chunks of one range, of which `before` differed in an earlier reading: neighbours,
  /// the first of which starts where the range does and the last of which ends there. Read until
  /// the rows that differ did so in the reading before, or `recheck` of them are over, each but the
  /// first in newer snapshots: so that rows that were caught between two commits vanish. Of a
  /// replica it is read until then, and Refusal{temporary} if that takes too often. Marks the
  /// builder. Returns how many rows only the target has that `deletes = "ignore"` leaves.
  std::uint64_t read_run(std::vector<SeenChunk> before);

 private:
  const TablePair& pair_;
  MemberSessions members_;
  ChunkBuilder& chunks_;
  PlanObserver& observer_;
};

/// Do the two end or begin at the same key?
[[nodiscard]] bool same_bound(const std::optional<mysql::Row>& a,
                              const std::optional<mysql::Row>& b);

/// Walks through both sides' rows of a range, in the snapshots that are open.
[[nodiscard]] bool read_in_snapshot(const TablePair& pair, const MemberSessions& members,
                                    const KeyRange& range, ChunkVisitor& visitor);

}  // namespace rowplan::planner
