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
/// The key's values, never references; empty without a key.
[[nodiscard]] std::vector<PlanValue> plan_key(const TablePair& pair, const mysql::Row& row);

/// All columns, by name.
[[nodiscard]] NamedValues whole_row(const TablePair& pair, const mysql::Row& row);

/// Rows of a table without a key that are equal.
struct Copies {
  std::uint64_t count = 0;  ///< that come or go
  std::uint64_t had = 0;    ///< on the target, before
};

/// How a one-way pair makes the target's row like the source's.
[[nodiscard]] Change insert_change(const TablePair& pair, const mysql::Row& source,
                                   const Copies& copies = {});
[[nodiscard]] Change remove_change(const TablePair& pair, const mysql::Row& target,
                                   const Copies& copies = {});
[[nodiscard]] Change update_change(const TablePair& pair, const mysql::Row& source,
                                   const mysql::Row& target);

/// Do the cells of column `i` differ?
[[nodiscard]] bool cell_differs(const mysql::Row& a, const mysql::Row& b, std::size_t i);

}  // namespace rowplan::planner
