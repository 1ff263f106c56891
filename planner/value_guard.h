// Conditions that hold only while a column has exactly a given value. Pure.
#pragma once

#include <optional>
#include <string>

#include "planner/table_pair.h"

namespace rowplan::planner {

/// SQL that is true for exactly this value of the target's column, byte by byte, whatever its
/// collation; NULL is a value. Empty where there is none: JSON that is compared in canonical form
/// has other text on the server, and servers of two vendors have no common way to make it
/// canonical.
[[nodiscard]] std::string value_guard(const PairColumn& column,
                                      const std::optional<std::string>& cell);

/// Is value_guard never empty for this column?
[[nodiscard]] bool is_guardable(const PairColumn& column) noexcept;

}  // namespace rowplan::planner
