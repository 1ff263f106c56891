// A unit that is too large for one transaction, in steps: each a transaction of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "planner/unit_steps.h"

namespace rowplan::planner {

/// The changes of one step: of each table of the unit, in its order.
using StepChanges = std::vector<std::vector<std::size_t>>;

/// Cuts order_unit()'s order into steps of `max_rows` changes at most, where no row is parked:
/// after each step every row is as it was or as it is to be, and unique and foreign keys hold. The
/// same changes and schemas give the same steps, on any machine; `target_rows` are not looked at.
/// nullopt: rows refer to each other, or pass values on, in a circle that needs one transaction.
/// Throws PlanError for changes that do not fit their tables.
[[nodiscard]] std::optional<std::vector<StepChanges>> split_unit(
    const std::vector<UnitTable>& tables, std::uint64_t max_rows);

/// No value to park.
class NoFreeValue : public FreeValue {
 public:
  std::optional<std::string> free_value(const TablePair& /*pair*/, const mysql::Index& /*index*/,
                                        std::size_t /*column*/) override {
    return std::nullopt;
  }
};

/// Are the unit's changes written to a replication source? Then no row can be parked, because no
/// row of the source may change; and rows that are deleted are steps of their own.
[[nodiscard]] bool is_via_source(const std::vector<UnitTable>& tables);

/// The part of `tables` that one step writes.
[[nodiscard]] std::vector<UnitTable> step_tables(const std::vector<UnitTable>& tables,
                                                 const StepChanges& step);

}  // namespace rowplan::planner
