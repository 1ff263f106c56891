// How the rows of a two-way table are merged, as the manifest says it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace rowplan::planner {

enum class Resolve : std::uint8_t {
  member,        ///< the named member's row
  newest,        ///< by the column, a time
  oldest,        ///< likewise
  greatest,      ///< by the column, of any type that has an order
  least,         ///< likewise
  manual,        ///< a person: `apply` refuses until somebody did
  skip,          ///< nobody: the rows stay as they are on each member
  force_delete,  ///< no rule of a manifest: the application's own log says that it is to go
};

[[nodiscard]] const char* resolve_name(Resolve resolve) noexcept;
/// newest, oldest, greatest, least.
[[nodiscard]] constexpr bool by_column(Resolve resolve) noexcept {
  return resolve == Resolve::newest || resolve == Resolve::oldest || resolve == Resolve::greatest ||
         resolve == Resolve::least;
}

/// { resolve, column, otherwise }. Members are named as servers.
struct ConflictSpec {
  Resolve resolve = Resolve::manual;
  std::string member;                   ///< with Resolve::member
  std::string column;                   ///< with by_column()
  Resolve otherwise = Resolve::manual;  ///< where the column does not decide; not by_column()
  std::string otherwise_member;         ///< with Resolve::member

  friend bool operator==(const ConflictSpec&, const ConflictSpec&) = default;
};

/// The keys of a two-way table.
struct MergeSpec {
  ConflictSpec conflict;
  std::optional<ConflictSpec> inserts;  ///< of two inserts of one key; none: see MergeRules
  bool by_columns = false;
  std::chrono::milliseconds threshold{0};

  friend bool operator==(const MergeSpec&, const MergeSpec&) = default;
};

}  // namespace rowplan::planner
