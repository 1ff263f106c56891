// Comparing by keys: for keys whose order or equality no client can know.
#pragma once

#include "planner/table_compare.h"

namespace rowplan::planner {

/// As compare_table. Both sides are sorted by the bytes of their keys; keys without a partner are
/// then looked up on the target, which alone knows whether it takes 'abc' for 'ABC'. Chunks are
/// lists of keys.
[[nodiscard]] TableOutcome compare_by_keys(const TablePair& pair, const PairCatalog& catalog,
                                           const MemberSessions& members, ChangeSink& sink,
                                           const CompareOptions& options, PlanObserver& observer);

/// Keys that one statement looks up at most.
inline constexpr std::size_t kKeysAtOnce = 200;

}  // namespace rowplan::planner
