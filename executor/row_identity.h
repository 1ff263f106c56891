// By what a row is found again among rows that were read.
#pragma once

#include <string>
#include <string_view>

#include "mysql/row.h"
#include "planner/change.h"
#include "planner/table_pair.h"

namespace rowplan::executor {

/// Bytes of the row's key; without a key the digests of all its values, which a plan has also where
/// it withholds the values themselves.
[[nodiscard]] std::string identity_of(const planner::TablePair& pair, const mysql::Row& row);

/// The same within a row of a pair with a key.
[[nodiscard]] std::string_view key_bytes(const planner::TablePair& pair, const mysql::Row& row);

/// The same of a change's row on the target before it, and after it. Throws PlanError.
[[nodiscard]] std::string identity_before(const planner::TablePair& pair,
                                          const planner::Change& change);
[[nodiscard]] std::string identity_after(const planner::TablePair& pair,
                                         const planner::Change& change);

/// Do the changes need rows to be found at all? Without a key, only where values are withheld.
[[nodiscard]] bool needs_rows(const planner::TablePair& pair, const planner::Change& change);

}  // namespace rowplan::executor
