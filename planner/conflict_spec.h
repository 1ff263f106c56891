// What decides a conflict of a two-way table, as the manifest says it.
#pragma once

#include <cstdint>
#include <string>

namespace rowplan::planner {

enum class Resolve : std::uint8_t {
  member,    ///< the named member's row
  newest,    ///< by the column, a time
  oldest,    ///< likewise
  greatest,  ///< by the column, of any type that has an order
  least,     ///< likewise
  manual,    ///< a person: `apply` refuses until somebody did
  skip,      ///< nobody: the rows stay as they are on each member
};

[[nodiscard]] const char* resolve_name(Resolve resolve) noexcept;
/// newest, oldest, greatest, least.
[[nodiscard]] constexpr bool by_column(Resolve resolve) noexcept {
  return resolve == Resolve::newest || resolve == Resolve::oldest || resolve == Resolve::greatest ||
         resolve == Resolve::least;
}

/// { resolve, column, otherwise }. Members are named as servers; `source` and `target` are already
/// replaced.
struct ConflictSpec {
  Resolve resolve = Resolve::manual;
  std::string member;                   ///< with Resolve::member
  std::string column;                   ///< with by_column()
  Resolve otherwise = Resolve::manual;  ///< where the column does not decide; not by_column()
  std::string otherwise_member;         ///< with Resolve::member

  friend bool operator==(const ConflictSpec&, const ConflictSpec&) = default;
};

}  // namespace rowplan::planner
