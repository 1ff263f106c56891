// Checks a filter: `where` must give the same answer on all members, at any time, and nothing else.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rowplan::planner {

struct WhereProblem {
  std::size_t offset = 0;  ///< in bytes
  std::size_t length = 0;  ///< in bytes, at least 1 unless the text is empty
  std::string message;

  friend bool operator==(const WhereProblem&, const WhereProblem&) = default;
};

/// All that speaks against sending `text` in parentheses as the filter of a table: volatile
/// functions, variables, subqueries, further clauses, comments, anything that would end the
/// parenthesis or the statement. Lexed as the pinned sql_mode does (no ANSI_QUOTES, backslash
/// escapes). It is no SQL parser: what is left is for the server to refuse. Empty: nothing found.
[[nodiscard]] std::vector<WhereProblem> check_where(std::string_view text);

}  // namespace rowplan::planner
