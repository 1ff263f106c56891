// Rules of `rename`: what a table of the source is called on the target.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "planner/address.h"
#include "planner/diagnostic.h"

namespace rowplan::planner {

/// A name that may hold one `*`.
struct StarName {
  std::string before;  ///< the whole name, where there is no star
  std::string after;
  bool star = false;

  friend bool operator==(const StarName&, const StarName&) = default;
};

/// `from` and `to` hold one `*` each or none: what the star of `from` matches, that of `to`
/// becomes.
struct RenameRule {
  std::string from;  ///< as written
  std::string to;
  SourceSpan span;
  StarName from_db;
  StarName from_table;
  StarName to_db;
  StarName to_table;

  [[nodiscard]] bool exact() const { return !from_db.star && !from_table.star; }
};

/// Reads one rule; both sides are `db.table`, with %XX as in addresses.
[[nodiscard]] std::variant<RenameRule, InputProblem> parse_rename(std::string_view from,
                                                                  std::string_view to);

/// The name on the target: that of an exact rule, else of the first rule with a star that matches.
/// nullopt: no rule matches, so the table is called the same. Pure; whether two sources meet in one
/// target is for the caller to see.
[[nodiscard]] std::optional<TableName> apply_rename(const std::vector<RenameRule>& rules,
                                                    const TableName& name);

/// The same for names encoded as in addresses (encode_table). nullopt also for a name that is none.
[[nodiscard]] std::optional<std::string> apply_rename(const std::vector<RenameRule>& rules,
                                                      std::string_view db_table);

}  // namespace rowplan::planner
