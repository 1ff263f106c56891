// Comparing a replica with its source, while the source is written.
#pragma once

#include "planner/table_compare.h"

namespace rowplan::planner {

/// As compare_table, of members whose sessions catch up (MemberSessions::catch_up). Rows that
/// differ are looked at again, by the spare sessions: each look takes a snapshot of the source,
/// then one of the replica once that has all of it. A row that was the same on the source in two
/// looks in a row, and on the replica another, both times the same, has drifted: what was on its
/// way would have come. Rows that are equal in a look are; those that change at every look for too
/// long are a finding. Chunks are lists of keys: what else is written to the table is not in their
/// hashes, nor will it be locked.
[[nodiscard]] TableOutcome compare_replica(const TablePair& pair, const PairCatalog& catalog,
                                           const MemberSessions& members,
                                           const SpareSessions& spare, ChangeSink& sink,
                                           const CompareOptions& options, PlanObserver& observer);

}  // namespace rowplan::planner
