// What triggers of the written tables made of their rows, and of others', is put right.
#pragma once

#include <map>
#include <optional>

#include "executor/judge.h"
#include "executor/planned_rows.h"
#include "executor/unit_work.h"
#include "mysql/session.h"

namespace rowplan::executor {

/// Does writing the unit fire triggers?
[[nodiscard]] bool fires_triggers(const UnitWork& unit);

/// One unit whose writes fire triggers. A trigger may rewrite the row that is written, and any row
/// of the tables in the unit that it touches: after the writes, those are compared with what they
/// are to be, and corrected, until nothing is left to correct.
class TriggerRepair {
 public:
  /// Locks every row of the touched tables on `target`, then opens a snapshot of them on `before`,
  /// another session on the same server. All must outlive this. Throws mysql::Error.
  TriggerRepair(mysql::Session& target, mysql::Session& before, const UnitWork& unit,
                const std::vector<TableRows>& rows);
  ~TriggerRepair();
  TriggerRepair(const TriggerRepair&) = delete;
  TriggerRepair& operator=(const TriggerRepair&) = delete;

  /// The unit without what is better written when the triggers are through: upserts of touched
  /// tables, unless a row that is written before refers to them.
  [[nodiscard]] UnitWork first_writes() const;

  /// Removes rows of touched tables that hold a unique value of a row to come, by columns of the
  /// same name: there a trigger's insert would meet them. put_right() brings them back.
  void set_aside();

  /// Corrects. What could not be put right, or nothing. Throws mysql::Error.
  [[nodiscard]] std::optional<UnitProblem> put_right();

 private:
  /// Corrections of the unit's table `t`; `found`: the rows to correct, as they are. nullopt:
  /// columns that are not compared would be lost.
  [[nodiscard]] std::optional<std::vector<planner::Change>> differences(std::size_t t,
                                                                        unsigned round,
                                                                        RowsByKey& found);
  mysql::Session& target_;
  mysql::Session& before_;
  const UnitWork& unit_;
  std::vector<planner::TablePair> pairs_;  ///< that never withhold a value
  std::vector<PlannedRows> planned_;       ///< in the order of the unit's tables
};

}  // namespace rowplan::executor
