// A plan as one page of HTML that needs nothing else: no script, no link, no image.
#pragma once

#include <cstdint>
#include <ostream>

#include "planner/plan_reader.h"

namespace rowplan::cmd {

/// `limit`: changes of each table at most; 0: all. Streams; data are escaped. Throws PlanError and
/// FileError while it reads the changes.
void render_html(const planner::LoadedPlan& plan, std::uint64_t limit, std::ostream& out);

}  // namespace rowplan::cmd
