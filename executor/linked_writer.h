// Statements on a replication source that change no row there, but on its replicas.
#pragma once

#include <optional>

#include "executor/executor.h"
#include "executor/judge.h"
#include "executor/unit_work.h"
#include "mysql/session.h"

namespace rowplan::executor {

/// Writes the unit's changes, a statement for each row, in the open transaction of a session of
/// mode `statements`. Missing rows by INSERT .. SELECT .. WHERE NOT EXISTS, stale ones by UPDATE to
/// the values that they have here, extra ones by DELETE; each must change no row, and the first
/// that does is the problem that is returned: then the transaction must be rolled back. So is an
/// order that nothing but parking a value, or switching foreign keys off, would open. `rows`: what
/// was judged. Throws mysql::Error, PlanError.
[[nodiscard]] std::optional<UnitProblem> write_linked(mysql::Session& source, const UnitWork& unit,
                                                      const std::vector<TableRows>& rows);

}  // namespace rowplan::executor
