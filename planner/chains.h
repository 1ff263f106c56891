// Pairs that feed each other: rows that come from elsewhere carry the times of there.
#pragma once

#include "planner/resolve.h"

namespace rowplan::planner {

/// A source that another pair of the manifest writes, with the times of its own source, cannot be
/// read by windows: findings of severity error, for tables and for their tombstones.
void judge_chains(ResolvedJob& job, const Manifest& manifest);

}  // namespace rowplan::planner
