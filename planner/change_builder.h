// Rows that differ become changes.
#pragma once

#include <cstdint>

#include "mysql/cell.h"
#include "planner/change.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// Values longer than `large_bytes` become references.
[[nodiscard]] PlanValue plan_value(const mysql::CellType& type, const mysql::Row& row,
                                   std::size_t column, std::uint64_t large_bytes);
/// The key's values, never references.
[[nodiscard]] std::vector<PlanValue> plan_key(const TablePair& pair, const mysql::Row& row);

/// How a one-way pair makes the target's row like the source's.
[[nodiscard]] Change insert_change(const TablePair& pair, const mysql::Row& source);
[[nodiscard]] Change remove_change(const TablePair& pair, const mysql::Row& target);
[[nodiscard]] Change update_change(const TablePair& pair, const mysql::Row& source,
                                   const mysql::Row& target);

/// Do the cells of column `i` differ?
[[nodiscard]] bool cell_differs(const mysql::Row& a, const mysql::Row& b, std::size_t i);

}  // namespace rowplan::planner
