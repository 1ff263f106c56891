// Many rows updated by one statement.
#pragma once

#include <functional>
#include <vector>

#include "planner/statements.h"

namespace rowplan::planner {

/// Rows of one UPDATE at most: each of them is looked for among all of its values.
inline constexpr std::size_t kUpdateRowsMax = 100;

/// Which changes of a table may share an UPDATE, and these UPDATEs.
class UpdateBatches {
 public:
  explicit UpdateBatches(const TablePair& pair);

  /// Not where order or the statement's own terms matter: columns of a unique index or on either
  /// side of a foreign key, an ENUM's index 0, a row from outside the filter, values that are sent
  /// beside their statement, or that an expression would not take as they are.
  [[nodiscard]] bool may_join(const Change& change) const;

  /// UPDATE t SET a = CASE id WHEN 1 THEN .. END WHERE id IN (...): those of `changes` that write
  /// the same columns, in as few statements as the limits allow. All may_join().
  void write(Changes changes, const StatementLimits& limits,
             const std::function<void(const Statement&)>& sink) const;

 private:
  [[nodiscard]] std::string statement(Changes changes) const;
  const TablePair& pair_;
  std::vector<bool> single_;  ///< columns of which rows are updated one by one
};

}  // namespace rowplan::planner
