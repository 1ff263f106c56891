// Decides conflicts of a plan, without asking a server: a new plan comes of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "planner/plan_directory.h"
#include "planner/plan_reader.h"

namespace rowplan::planner {

struct ResolveRequest {
  std::string take;                ///< a member's name, "newest" or "skip"
  std::vector<std::string> only;   ///< addresses; empty: all
  std::optional<std::string> key;  ///< the values of one key, joined by commas; none: all
  std::string who;                 ///< kept in the new plan, with the time
  std::string tool_version;
};

struct ResolvedPlan {
  Plan plan;
  std::string digest;
  std::uint64_t decided = 0;  ///< by this request
};

/// Writes the plan that comes of it into `directory`. The old one's expiry stays: what it knows of
/// the servers is no newer. Throws Refusal{usage} for an address or a member that no two-way table
/// has, and where nothing is decided; PlanError, FileError.
[[nodiscard]] ResolvedPlan resolve_conflicts(const LoadedPlan& plan, const ResolveRequest& request,
                                             PlanDirectory& directory);

}  // namespace rowplan::planner
