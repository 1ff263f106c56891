// Reads what tables look like from information_schema.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mysql/schema.h"
#include "mysql/session.h"

namespace rowplan::mysql {

/// What of a table's relations is read: its foreign keys, who refers to it, its triggers. They
/// matter where rows are written.
enum class Relations : bool { none, all };

/// Throws Error; nullopt if there is no such table, or this user may not see it.
[[nodiscard]] std::optional<Table> read_table(Session& session, const TableName& name,
                                              Relations relations);

/// The same for many, with few questions; by the names asked for. Those that read_table would not
/// find are left out.
[[nodiscard]] std::map<TableName, Table> read_tables(Session& session,
                                                     const std::vector<TableName>& names,
                                                     Relations relations);

/// What a table's own definition is now, triggers included, in two short questions. Not in it:
/// tables that refer to it, and the next AUTO_INCREMENT.
[[nodiscard]] std::string definition_text(Session& session, const TableName& name);

}  // namespace rowplan::mysql
