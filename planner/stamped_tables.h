// The tables whose rows tell when they changed, and what must be seen of their servers.
#pragma once

#include <vector>

#include "planner/resolve.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// Each as the source of a pair: of a two-way table those of all members, in their order, else the
/// source's alone.
[[nodiscard]] std::vector<TablePair> stamped_tables(const TablePair& pair);

/// What others run on the servers of the stamped tables of incremental pairs is not seen without a
/// privilege. Throws Refusal{access}.
void need_sources_seen(const ResolvedJob& job);

}  // namespace rowplan::planner
