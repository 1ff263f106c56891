// What it takes to make rows that triggers changed what they are to be.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "executor/planned_rows.h"
#include "executor/unit_work.h"
#include "planner/change.h"
#include "planner/table_pair.h"

namespace rowplan::executor {

/// Has the target columns that are not compared? A row that is deleted does not come back whole.
[[nodiscard]] bool leaves_out_columns(const planner::TablePair& pair);

/// From what each row of one table is to what it is to be. All arguments must outlive this.
class RowCorrections {
 public:
  /// `planned`: of the table's changes. Rows that are corrected go to `found`, as they are. With
  /// `replace`, rows are deleted and inserted anew rather than updated.
  RowCorrections(const planner::TablePair& pair, const TableWork& table, const PlannedRows& planned,
                 RowsByKey& found, bool replace);

  /// A row as it was before the unit, and as it is now; nullptr: not there.
  void look_at(const mysql::Row* before, const mysql::Row* now);

  /// The corrections; planned rows that were not looked at are nowhere. nullopt: a row would have
  /// to be inserted that was there with more columns than are compared, which nobody knows.
  [[nodiscard]] std::optional<std::vector<planner::Change>> finish();

 private:
  void correct(const mysql::Row* wanted, const mysql::Row* now);

  const planner::TablePair& pair_;
  const PlannedRows& planned_;
  RowsByKey& found_;
  bool replace_;
  bool partial_;
  bool loses_columns_ = false;
  std::set<std::string> inserted_;  // keys under which the unit brings rows
  std::set<std::string> seen_;
  std::vector<planner::Change> changes_;
};

}  // namespace rowplan::executor
