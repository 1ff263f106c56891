#include "executor/unit_members.h"

#include <utility>

#include "planner/plan_error.h"

namespace rowplan::executor {

namespace {

/// The table's part of the unit on the member that `view` writes.
TableWork part_on(const TableWork& table, const planner::TablePair& view) {
  TableWork part;
  part.table = table.table;
  part.pair = &view;
  part.chunks = table.chunks;
  for (const planner::Change& change : table.changes)
    (change.on == view.job.target ? part.changes : part.others).push_back(change);
  return part;
}

}  // namespace

std::vector<UnitMember> members_of(const UnitWork& unit) {
  std::vector<UnitMember> members;
  for (const std::string& server : unit.servers()) {
    UnitMember& member = members.emplace_back();
    member.server = server;
    member.work.id = unit.id;
    member.work.parts = unit.parts;
  }
  for (const TableWork& table : unit.tables) {
    if (!table.pair->views || table.pair->views->size() != table.table->members.size())
      throw planner::PlanError("plan.json", table.table->address + ": its members are others");
    for (const planner::TablePair& view : *table.pair->views) {
      if (table.table->members.count(view.job.target) == 0)
        throw planner::PlanError("plan.json",
                                 table.table->address + ": '" + view.job.target + "' is no member");
      for (UnitMember& member : members)
        if (member.server == view.job.target) member.work.tables.push_back(part_on(table, view));
    }
  }
  return members;
}

}  // namespace rowplan::executor
