// Values of the source that no session with our pins can store on the target.
#pragma once

#include <optional>
#include <string>

#include "mysql/cell.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// Why column `i` of the source's row cannot be written, or nothing: a NULL into NOT NULL, text
/// that is not well-formed in the target's character set.
[[nodiscard]] std::optional<std::string> why_unwritable(const TablePair& pair,
                                                        const mysql::Row& source, std::size_t i);

}  // namespace rowplan::planner
