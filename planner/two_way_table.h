// What merging needs to know of a two-way table, made from its pair.
#pragma once

#include <map>
#include <string>

#include "planner/finding.h"
#include "planner/merge_policy.h"
#include "planner/merge_shape.h"
#include "planner/table_pair.h"
#include "state/baselines.h"

namespace rowplan::planner {

/// Fills in pair.views, and tells what stands against writing the table on each of its members.
/// `back`: the findings of the pair with its members exchanged.
void make_views(TablePair& pair, const TablePair& back, const Findings& told_of_back,
                Findings& findings);

/// Of a pair with views.
[[nodiscard]] MergeShape merge_shape_of(const TablePair& pair);
/// The same, and judge_views has found nothing.
[[nodiscard]] MergeRules merge_rules_of(const TablePair& pair);

/// What a baseline must fit: the table, its members (`identities`, by server), columns and types.
[[nodiscard]] std::string baseline_fits(const TablePair& pair,
                                        const std::map<std::string, std::string>& identities);

/// Tells one state of a baseline from another.
[[nodiscard]] std::string baseline_name(const state::BaselineInfo& info);

/// Under what the state keeps how far a member was written when all had the same.
[[nodiscard]] std::string member_address(const std::string& address, const std::string& server);

}  // namespace rowplan::planner
