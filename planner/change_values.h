// The values of a change as the columns and cells of its table pair.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mysql/cell.h"
#include "planner/change.h"
#include "planner/plan_error.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// One value of a change and the column that it belongs to.
struct ColumnValue {
  std::size_t column = 0;  ///< of pair.columns
  const PlanValue* value = nullptr;
};

/// Columns by name, as a change spells them (PairColumn::name). Throws PlanError for an unknown
/// one. The result points into `values`.
[[nodiscard]] std::vector<ColumnValue> column_values(const TablePair& pair,
                                                     const NamedValues& values);

/// The column that the target calls `name`; names fold ASCII case. nullopt: it is not compared.
[[nodiscard]] std::optional<std::size_t> target_column(const TablePair& pair,
                                                       std::string_view name);

/// The value's cell; nullopt for NULL. Throws PlanError for a value that its type does not have. A
/// ref or hmac must have been replaced by the value that it stands for.
[[nodiscard]] std::optional<std::string> cell_of(const TablePair& pair, std::size_t column,
                                                 const PlanValue& value);

/// The key by which the row is found on the target (of an insert: that it will have); nullopt for a
/// change without a key. Throws PlanError for a key of the wrong size or with a NULL.
[[nodiscard]] std::optional<mysql::Row> key_row(const TablePair& pair, const Change& change);

/// The key under which the row, or its absence, is found after the change: an update may write key
/// columns. nullopt for a change without a key. Throws like key_row.
[[nodiscard]] std::optional<mysql::Row> after_key_row(const TablePair& pair, const Change& change);

/// What identifies the row on the target before the change (of an insert: that it will have): its
/// key, or without a key the whole row. after_identity: the same after the change.
[[nodiscard]] mysql::Row before_identity(const TablePair& pair, const Change& change);
[[nodiscard]] mysql::Row after_identity(const TablePair& pair, const Change& change);

/// Without a key: the cells of the row that a delete takes away or an insert brings. Throws
/// PlanError.
[[nodiscard]] mysql::Row whole_row(const TablePair& pair, const Change& change);

/// Does the plan hold only a digest of the value?
[[nodiscard]] bool is_withheld(const PlanValue& value) noexcept;
/// Any of the change's values?
[[nodiscard]] bool is_withheld(const Change& change) noexcept;

/// For a change that does not fit its table: names the changes file.
[[nodiscard]] PlanError change_error(const TablePair& pair, const std::string& what);

}  // namespace rowplan::planner
