// The foreign keys of a table and those that refer to it.
#pragma once

#include <cstdint>
#include <string>

#include "mysql/table_block.h"

namespace rowplan::mysql {

/// A rule that this user may not see. It is neither RESTRICT nor NO ACTION: the worst is assumed.
inline constexpr const char* kUnknownRule = "UNKNOWN";

/// Fills foreign_keys, referenced_by and foreign_keys_listed of tables whose names are set. With
/// PROCESS they come from InnoDB's own list, which is whole; without, from information_schema,
/// which leaves out what this user may not see. Throws Error.
void read_foreign_keys(Session& session, TableBlock& block, const std::string& doing);

/// InnoDB's flags of a foreign key as rules: ON DELETE and ON UPDATE.
[[nodiscard]] std::string delete_rule(std::uint64_t flags);
[[nodiscard]] std::string update_rule(std::uint64_t flags);

}  // namespace rowplan::mysql
