// What a table's rows must fulfil besides their keys.
#pragma once

#include <set>
#include <string>

#include "mysql/schema.h"
#include "mysql/session.h"

namespace rowplan::mysql {

/// The conditions of the table's CHECK constraints that are enforced, as the server prints them.
/// Throws Error.
[[nodiscard]] std::set<std::string> read_check_constraints(Session& session, const TableName& name);

}  // namespace rowplan::mysql
