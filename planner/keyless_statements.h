// SQL that writes rows of a table without a key: the whole row is how it is found, and a count says
// how many of it are meant. Pure. Throws PlanError as statements.h does.
#pragma once

#include <string>

#include "planner/change.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// DELETE FROM t WHERE row LIMIT count: rows of the filter that are equal byte by byte in all
/// columns that are compared. It must meet as many as its limit.
[[nodiscard]] std::string delete_copies(const TablePair& pair, const Change& change);

/// The same, and an INSERT of `count` equal rows, that write nothing unless the table holds exactly
/// as many such rows as were planned. So neither does anything when it is run again.
[[nodiscard]] std::string delete_copies_if_had(const TablePair& pair, const Change& change);
[[nodiscard]] std::string insert_copies_if_had(const TablePair& pair, const Change& change);

}  // namespace rowplan::planner
