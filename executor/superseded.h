// Rows of a unit that changed again on the source since they were planned.
#pragma once

#include <optional>

#include "executor/judge.h"
#include "executor/unit_work.h"

namespace rowplan::executor {

/// Takes out of `unit`, which the target still holds as planned and the source does not, the
/// changes of rows whose time is that of the plan's watermark or later: the next window has them.
/// What chunks are to hold then follows from the changes that stay, each of which the source must
/// have as planned. `judgement` gets the source's rows of now. The operations taken out; nullopt:
/// the unit is stale all the same, because a row is gone, or has another value with an older time,
/// or because others of the unit may need the change (a unique value, a foreign key). Reads the
/// source in a snapshot of its own; the target's rows are locked. Throws mysql::Error.
[[nodiscard]] std::optional<planner::Ops> leave_superseded(UnitWork& unit, Judgement& judgement,
                                                           mysql::Session& source);

}  // namespace rowplan::executor
