// Compares a table by hashes that the servers compute: for links that are slower than they are.
#pragma once

#include "planner/table_compare.h"

namespace rowplan::planner {

/// As compare_table, with the same outcome; only of pairs that need not be streamed.
[[nodiscard]] TableOutcome compare_by_checksum(const TablePair& pair, const PairCatalog& catalog,
                                               const MemberSessions& members, ChangeSink& sink,
                                               const CompareOptions& options,
                                               PlanObserver& observer);

}  // namespace rowplan::planner
