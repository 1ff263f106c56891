// Writes a unit's changes, in an order that no unique or foreign key forbids.
#pragma once

#include <optional>
#include <string>

#include "executor/judge.h"
#include "executor/unit_work.h"
#include "mysql/session.h"
#include "planner/unit_steps.h"

namespace rowplan::executor {

/// Puts the real values in the place of references: those of the rows at hand, if they have the
/// planned hash. What did not fit, or nothing.
[[nodiscard]] std::optional<std::string> fill_references(UnitWork& unit,
                                                         const std::vector<TableRows>& rows);

/// The same for one table: what its changes overwrite is in `target`, and what they bring in one of
/// `sources`.
[[nodiscard]] std::optional<std::string> fill_references(
    TableWork& table, const RowsByKey& target, const std::vector<const RowsByKey*>& sources);

/// The unit's changes with the target's rows, as order_unit (planner/unit_steps.h) takes them.
[[nodiscard]] std::vector<planner::UnitTable> unit_tables(const UnitWork& unit,
                                                          const std::vector<TableRows>& rows);

/// Writes all changes within the open transaction. What was refused, and where, or nothing; then
/// the transaction must be rolled back. Throws mysql::Error, PlanError.
[[nodiscard]] std::optional<UnitProblem> write_unit(mysql::Session& target, const UnitWork& unit,
                                                    const std::vector<TableRows>& rows);

}  // namespace rowplan::executor
