// The columns of tables, as information_schema tells of them.
#pragma once

#include <string>

#include "mysql/session.h"
#include "mysql/table_block.h"

namespace rowplan::mysql {

/// Fills in the columns of tables whose names are set. Throws Error.
void read_columns(Session& session, TableBlock& block, const std::string& doing);

}  // namespace rowplan::mysql
