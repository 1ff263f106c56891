// All that apply judges before the first unit.
#pragma once

#include "executor/executor.h"
#include "planner/connections.h"
#include "planner/plan_reader.h"
#include "planner/resolve.h"

namespace rowplan::executor {

/// Does the policy want a person to name the plan's digest before it is applied? Never where
/// nothing would be written.
[[nodiscard]] bool needs_approval(const planner::PolicySpec& policy, const planner::Plan& plan);

/// Reads and judges the plan by itself: files and digests, the expected digest, expiry, conflicts,
/// findings, the policy. Throws PlanError, Refusal{digest, conflict, limit}.
[[nodiscard]] planner::LoadedPlan load_applyable(const ApplyRequest& request);

/// The manifest with the sources that it leaves out (direction = "via-source") as the plan found
/// them; that they still are its targets' sources, pairs_of tells.
[[nodiscard]] planner::Manifest with_planned_sources(const planner::Manifest& manifest,
                                                     const planner::Plan& plan);

/// The jobs of the plan's tables by today's manifest, and its limits. Throws Refusal{stale, limit}.
[[nodiscard]] std::vector<planner::TableJob> jobs_of(const ApplyRequest& request,
                                                     const planner::Plan& plan);

/// Identities, roles, schemas: as planned? May the user write what is planned, and is the audit
/// table there? Returns the pairs in the order of plan.tables. Throws Refusal{stale, access,
/// manifest}, mysql::IdentityError.
[[nodiscard]] std::vector<planner::TablePair> pairs_of(const ApplyRequest& request,
                                                       const planner::Plan& plan,
                                                       const std::vector<planner::TableJob>& jobs,
                                                       planner::Connections& connections);

}  // namespace rowplan::executor
