// The rows that a table's changes leave behind.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "executor/chunk_reading.h"
#include "planner/change.h"
#include "planner/table_pair.h"

namespace rowplan::executor {

/// By the bytes of their keys; nullopt: there is to be no such row.
using PlannedRows = std::map<std::string, std::optional<mysql::Row>>;

/// `before`: the target's rows that the changes name, as they are before the first write. No value
/// may be withheld any more. An update of a row that `before` lacks must name all columns.
/// Throws PlanError.
[[nodiscard]] PlannedRows planned_rows(const planner::TablePair& pair,
                                       const std::vector<planner::Change>& changes,
                                       const RowsByKey& before);

}  // namespace rowplan::executor
