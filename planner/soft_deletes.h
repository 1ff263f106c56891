// Rows that the source keeps and that count as deleted: `deletes = { soft = "deleted_at" }`.
#pragma once

#include <string>

#include "planner/finding.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// What stands against the column that marks them on the source. Findings of severity error.
void judge_soft_deletes(const TablePair& pair, Findings& findings);

/// The condition that holds for the source's rows that do not count as deleted; empty: all.
[[nodiscard]] std::string not_soft_deleted(const TablePair& pair);

}  // namespace rowplan::planner
