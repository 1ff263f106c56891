// Foreign keys, where the server's own checks do not do it.
#pragma once

#include <optional>
#include <string>

#include "executor/unit_work.h"
#include "mysql/session.h"

namespace rowplan::executor {

/// Does an update change what is referred to into what the target takes for equal, another case or
/// accent, while rows refer to it? They stay as they are; but with its keys checked the server
/// compares bytes, and would refuse, or do to those rows what ON UPDATE says. Locks what it looks
/// at.
[[nodiscard]] bool renames_referred(mysql::Session& target, const UnitWork& unit);

/// Before a parent row is removed, or what is referred to changes: do rows still refer to it that a
/// cascade would reach? What and where, or nothing. Locks what it looks at. With `keys_off` every
/// reference counts, for then the server does not refuse any, but for those that the unit
/// itself takes away or writes, and those that are equal to what is referred to afterwards, too.
[[nodiscard]] std::optional<std::string> reached_by_cascade(mysql::Session& target,
                                                            const UnitWork& unit,
                                                            const TableWork& table,
                                                            const std::vector<std::size_t>& changes,
                                                            bool keys_off);

/// After writes with foreign_key_checks off: has every written row of the unit its parents, by
/// locking reads? What and where not, or nothing.
[[nodiscard]] std::optional<std::string> missing_parent(mysql::Session& target,
                                                        const UnitWork& unit);

}  // namespace rowplan::executor
