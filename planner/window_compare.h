// Comparing the rows of a window by their keys.
#pragma once

#include "planner/table_compare.h"
#include "planner/window.h"

namespace rowplan::planner {

/// As compare_table, for the source's rows in `window` (which has a `low`) and the target's rows
/// under their keys: each is read once. Chunks are lists of keys. A row that only the target has is
/// not looked for; one that left the filter on the source, is soft-deleted there or has a tombstone
/// is found.
/// There is no second look: what is in a window has just changed, and `apply` judges each row
/// again.
[[nodiscard]] TableOutcome compare_window(const TablePair& pair, const PairCatalog& catalog,
                                          const Window& window, const MemberSessions& members,
                                          const SpareSessions& spare, ChangeSink& sink,
                                          const CompareOptions& options, PlanObserver& observer);

}  // namespace rowplan::planner
