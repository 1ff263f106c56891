// One change on one line, for people.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "planner/change.h"
#include "planner/plan.h"

namespace rowplan::planner {

[[nodiscard]] char op_symbol(Op op) noexcept;  ///< + ~ - !

/// `key (1000003, "a")`, or `row, 3 times` where a table has no key.
[[nodiscard]] std::string key_text(const Change& change);

/// One column of a change: what it was and what it becomes, escaped and cut to a readable length,
/// either may be empty: an insert has no `before`.
struct ColumnText {
  std::string column;
  std::string before;
  std::string after;
};

/// The columns to show: all that an update changes; of a whole row those outside the key.
/// `left_out` is how many there are beyond the first dozen.
struct ColumnTexts {
  std::vector<ColumnText> columns;
  std::size_t left_out = 0;
};
[[nodiscard]] ColumnTexts column_texts(const Change& change, const std::vector<std::string>& key);

/// `a changed status: "new"; b deleted; b wins by newest`, or why it waits for a person. Columns in
/// which the members' rows differ. Of a conflict.
[[nodiscard]] std::string conflict_text(const Change& change);

/// `on dw: `, where the reader must be told which member it is; else empty.
[[nodiscard]] std::string place_text(const PlanTable& table, const Change& change);

/// `key (1000003)  status: "new" -> "paid"`. `key` are the names of the table's key columns.
[[nodiscard]] std::string change_text(const Change& change, const std::vector<std::string>& key);

}  // namespace rowplan::planner
