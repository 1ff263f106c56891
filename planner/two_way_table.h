// What merging needs to know of a two-way table, made from its pair.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "planner/finding.h"
#include "planner/merge_policy.h"
#include "planner/merge_shape.h"
#include "planner/table_pair.h"
#include "state/baselines.h"

namespace rowplan::planner {

/// A member's table as its server has it.
struct MemberTable {
  const mysql::Table* table = nullptr;
  mysql::Vendor vendor = mysql::Vendor::mysql;
};

/// The table of a two-way job as it is compared, with the views of all its members, `tables` in the
/// order of job.members(). Tells what stands against writing it on each of them: then it must not
/// be merged.
[[nodiscard]] TablePair merge_tables(const TableJob& job, const std::vector<MemberTable>& tables,
                                     Findings& findings);

/// Of a pair with views.
[[nodiscard]] MergeShape merge_shape_of(const TablePair& pair);
/// The same, and judge_views has found nothing.
[[nodiscard]] MergeRules merge_rules_of(const TablePair& pair);

/// What a baseline must fit: the table, its members, also those that are left out, columns and
/// types. Which servers the members are, their positions tell.
[[nodiscard]] std::string baseline_fits(const TablePair& pair);

/// Tells one state of a baseline from another.
[[nodiscard]] std::string baseline_name(const state::BaselineInfo& info);

/// Under what the state keeps how far a member was written when all had the same.
[[nodiscard]] std::string member_address(const std::string& address, const std::string& server);

}  // namespace rowplan::planner
