// Comparing tables without a key, as multisets of whole rows.
#pragma once

#include "planner/table_compare.h"

namespace rowplan::planner {

/// As compare_table. Rows are counted by their hashes on both sides, in whatever order the servers
/// send them; only those that differ in number are kept, so memory goes with `max_keyless_rows`,
/// and a table with more rows is a finding of severity error. Never an update; one chunk at most,
/// its changes in the order of the rows' bytes.
[[nodiscard]] TableOutcome compare_keyless(const TablePair& pair, const PairCatalog& catalog,
                                           const MemberSessions& members, ChangeSink& sink,
                                           const CompareOptions& options, PlanObserver& observer);

}  // namespace rowplan::planner
