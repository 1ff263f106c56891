// The whole rows that a unit is about to overwrite, and what becomes of them.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "executor/judge.h"
#include "executor/undo_record.h"
#include "executor/unit_work.h"
#include "mysql/session.h"

namespace rowplan::executor {

/// Made before the unit is written, asked after it.
class UndoCapture {
 public:
  /// `rows`: what judge() read. Rows of which that is not the whole (columns that are not compared,
  /// rows outside the filter) are read again, locked. Throws mysql::Error, Refusal{limit} for a
  /// column of a type that cannot be kept. A row that is gone is a UnitProblem. `locking`: none of
  /// a replica, whose rows the locks on its source hold still.
  [[nodiscard]] static std::variant<UndoCapture, UnitProblem> before(
      mysql::Session& target, const UnitWork& unit, const std::vector<TableRows>& rows,
      planner::Locking locking = planner::Locking::for_update);

  /// After the writes, in the same transaction. `unit` is the one of before(). Throws mysql::Error,
  /// PlanError.
  [[nodiscard]] UndoUnit after(mysql::Session& target, const UnitWork& unit);
  /// What the rows will be, before they are. Of a column that is not compared, a row that comes has
  /// NULL here.
  [[nodiscard]] UndoUnit planned(const UnitWork& unit);

 private:
  struct Part {
    planner::TablePair whole;  ///< the pair, with every column of the target that can be written
    bool reads_again = false;  ///< the pair's own columns are not the whole row
    UndoTablePart kept;
  };
  std::vector<Part> parts_;
};

}  // namespace rowplan::executor
