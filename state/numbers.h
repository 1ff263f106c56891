// Counts between C++ and SQLite, whose integers are signed. Internal to state/.
#pragma once

#include <SQLiteCpp/Column.h>

#include <cassert>
#include <cstdint>
#include <limits>

namespace rowplan::state {

[[nodiscard]] inline std::int64_t to_sql(std::uint64_t value) {
  assert(value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
  return static_cast<std::int64_t>(value);
}

[[nodiscard]] inline std::uint64_t from_sql(const SQLite::Column& column) {
  return static_cast<std::uint64_t>(column.getInt64());
}

}  // namespace rowplan::state
