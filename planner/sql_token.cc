#include "planner/sql_token.h"

namespace rowplan::planner {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Bytes from 0x80 on belong to identifiers.
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

/// Just behind the closing quote of what opens at `begin`; kNone: there is none.
std::size_t quote_end(std::string_view text, std::size_t begin) {
  const char quote = text[begin];
  for (std::size_t at = begin + 1; at < text.size(); ++at) {
    if (text[at] == '\\' && quote != '`') {
      ++at;
    } else if (text[at] == quote) {
      if (at + 1 >= text.size() || text[at + 1] != quote) return at + 1;
      ++at;  // a doubled quote is the quote itself
    }
  }
  return kNone;
}

/// `--` opens a comment only before white space or a control character; `5--3` is arithmetic.
bool opens_line_comment(std::string_view text, std::size_t at) {
  if (text[at] == '#') return true;
  if (!text.substr(at).starts_with("--")) return false;
  return at + 2 >= text.size() || static_cast<unsigned char>(text[at + 2]) <= ' ' ||
         text[at + 2] == '\x7F';
}

Token finish(TokenKind kind, std::string_view text, std::size_t begin, std::size_t end) {
  if (end == kNone) return {TokenKind::unterminated, begin, text.substr(begin)};
  return {kind, begin, text.substr(begin, end - begin)};
}

Token next_token(std::string_view text, std::size_t begin) {
  const char c = text[begin];
  if (c == '\'' || c == '"') {
    return finish(TokenKind::string, text, begin, quote_end(text, begin));
  }
  if (c == '`') return finish(TokenKind::quoted_name, text, begin, quote_end(text, begin));
  if (opens_line_comment(text, begin)) {
    const std::size_t end = text.find('\n', begin);
    return finish(TokenKind::comment, text, begin, end == kNone ? text.size() : end);
  }
  if (text.substr(begin).starts_with("/*")) {
    const std::size_t end = text.find("*/", begin + 2);
    return finish(TokenKind::comment, text, begin, end == kNone ? kNone : end + 2);
  }
  std::size_t end = begin + 1;
  if (!is_word(c)) return finish(TokenKind::sign, text, begin, end);
  while (end < text.size() && is_word(text[end])) ++end;
  return finish(TokenKind::word, text, begin, end);
}

}  // namespace

std::vector<Token> tokenize_sql(std::string_view text) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (at < text.size()) {
    if (is_space(text[at])) {
      ++at;
      continue;
    }
    tokens.push_back(next_token(text, at));
    at = tokens.back().offset + tokens.back().text.size();
  }
  return tokens;
}

}  // namespace rowplan::planner
