// A unit of two-way tables, as each of its members sees it.
#pragma once

#include <string>
#include <vector>

#include "executor/unit_work.h"

namespace rowplan::executor {

struct UnitMember {
  std::string server;
  /// Its pairs are the views that write this member: their target is its table. Its changes are
  /// those on this member, `others` those on other members, and conflicts.
  UnitWork work;

  [[nodiscard]] bool is_written() const { return work.changes() > 0; }
};

/// In the order in which they are locked and committed: a table's first member before its others.
/// Throws PlanError where the plan's members are not the tables'.
[[nodiscard]] std::vector<UnitMember> members_of(const UnitWork& unit);

}  // namespace rowplan::executor
