// The order in which the changes of one unit are written, so that no statement on the way breaks a
// unique index or a foreign key. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "mysql/cell.h"
#include "planner/change.h"
#include "planner/statements.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// One table's share in a unit.
struct UnitTable {
  const TablePair* pair = nullptr;
  std::vector<Change> changes;  ///< in key order; conflicts get no step
  /// Empty, or for each change the row as the target has it; without cells where it is not known.
  /// An update names its changed columns only: of an index that it changes in part, a column that
  /// is not known counts as equal to everything, which costs parking but never order.
  std::vector<mysql::Row> target_rows;
};

/// Where values come from that a row may hold for a while.
class FreeValue {
 public:
  virtual ~FreeValue() = default;
  /// SQL of a value for pair.columns[column] that no row of the target has in that column; at each
  /// call another one. nullopt: there is none; it is not asked again for that column.
  [[nodiscard]] virtual std::optional<std::string> free_value(const TablePair& pair,
                                                              const mysql::Index& index,
                                                              std::size_t column) = 0;
};

/// Changes of one table that can be written one after the other. A step of kind remove or insert
/// may be one statement or several, in order.
struct Step {
  enum class Kind : std::uint8_t { remove, park, update, insert };
  Kind kind = Kind::remove;
  std::size_t table = 0;             ///< of the unit
  std::vector<std::size_t> changes;  ///< of the table; one, where `parked` is not empty or it parks
  std::vector<Parked> parked;        ///< of that row, by steps before
  std::optional<Parked> park;        ///< what a step of kind park sets
};

struct UnitSteps {
  std::vector<Step> steps;
  /// Rows refer to each other in a circle, or a value must be parked that others refer to: write
  /// the unit with foreign_key_checks = 0, and look for orphans before the commit.
  bool foreign_keys_off = false;
};

/// Rows exchange the values of this unique index, and no value to park is free.
struct UnorderableUnit {
  std::size_t table = 0;  ///< of the unit
  std::string index;
};

/// Removes before it adds: deletes first, child tables first; then updates; then inserts, parent
/// tables first; in each, key order; unless a unique value or a foreign key asks for another order.
/// Circles of unique values are opened by parking one of their rows. The same input gives the same
/// steps. Texts that differ only in ASCII case or spaces at the end count as equal values. An index
/// over prefixes or expressions is seen as far as whole columns go. Throws PlanError for changes
/// that do not fit their table.
[[nodiscard]] std::variant<UnitSteps, UnorderableUnit> order_unit(
    const std::vector<UnitTable>& tables, FreeValue& free_values);

}  // namespace rowplan::planner
