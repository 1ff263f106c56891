// Cuts an SQL expression into tokens, without understanding it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace rowplan::planner {

enum class TokenKind : std::uint8_t {
  word,          ///< identifier, keyword or number
  quoted_name,   ///< in backquotes
  string,        ///< in single or double quotes
  comment,       ///< of any of the three kinds
  sign,          ///< one byte of anything else
  unterminated,  ///< a string, a name in backquotes or a comment that does not end
};

struct Token {
  TokenKind kind = TokenKind::sign;
  std::size_t offset = 0;  ///< in bytes
  std::string_view text;   ///< as it stands, with its quotes
};

/// Without white space. Backslashes escape within strings, ANSI_QUOTES is off.
[[nodiscard]] std::vector<Token> tokenize_sql(std::string_view text);

}  // namespace rowplan::planner
