// The windows of a job's incremental tables: what the servers and the state file say of each.
#pragma once

#include <string>
#include <vector>

#include "planner/connections.h"
#include "planner/observer.h"
#include "planner/resolve.h"
#include "planner/window.h"
#include "state/store.h"

namespace rowplan::planner {

enum class Scope : std::uint8_t { changes, all_rows };

/// The windows of each of `job.pairs` that is incremental, before any snapshot is opened. What
/// stands against one is a finding in `job`. Throws Refusal{access} where it cannot be seen what
/// still runs on a source, Refusal{state} for a watermark that is no time, StateError,
/// mysql::Error.
[[nodiscard]] std::vector<TableWindows> find_windows(ResolvedJob& job, const Manifest& manifest,
                                                     Scope scope, Connections& connections,
                                                     PlanObserver& observer);

/// No window is read: only what can be told without asking what runs. For `check` and `validate`.
void judge_incremental(ResolvedJob& job, const Manifest& manifest);

}  // namespace rowplan::planner
