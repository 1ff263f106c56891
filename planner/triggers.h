// Triggers of the tables that are written: which are allowed, and which other tables they may
// write.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "mysql/schema.h"
#include "planner/finding.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// Which of `tables` the triggers of one table may write, by what their bodies say, and those of
/// the routines that they name. A name that occurs counts as a write: to read too much into a body
/// costs a larger unit, to miss a write would cost rows. A CALL of what is not among `routines`, or
/// a routine whose body may not be seen, may write anything.
[[nodiscard]] std::set<mysql::TableName> tables_reached(
    const std::vector<mysql::Trigger>& triggers, const std::vector<mysql::Routine>& routines,
    const std::vector<mysql::TableName>& tables);

/// Fills in `touches` of the pairs that are written on `server`: what their triggers may write,
/// what foreign keys take along with that, and the triggers of those tables in turn.
void find_touched(std::vector<TablePair>& pairs, const std::string& server,
                  const std::vector<mysql::Routine>& routines);

/// Tells of the target's triggers: of severity error where `allow_triggers` does not name one.
void judge_triggers(const TablePair& pair, Findings& findings);
/// What the plan cannot promise of the tables that allowed triggers write. Needs `touches`.
void judge_touched(const std::vector<TablePair>& pairs, Findings& findings);

}  // namespace rowplan::planner
