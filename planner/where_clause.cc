#include "planner/where_clause.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "planner/diagnostic.h"
#include "planner/sql_token.h"

namespace rowplan::planner {
namespace {

/// Give another value at another time, in another session or on another server; or do something.
/// Called with parentheses; a column of the same name is none of our business.
constexpr auto kVolatileFunctions =
    std::to_array<std::string_view>({"BENCHMARK",
                                     "BINLOG_GTID_POS",
                                     "CONNECTION_ID",
                                     "CURDATE",
                                     "CURRENT_DATE",
                                     "CURRENT_ROLE",
                                     "CURRENT_TIME",
                                     "CURRENT_TIMESTAMP",
                                     "CURRENT_USER",
                                     "CURTIME",
                                     "DATABASE",
                                     "ENCRYPT",
                                     "FOUND_ROWS",
                                     "GET_LOCK",
                                     "ICU_VERSION",
                                     "IS_FREE_LOCK",
                                     "IS_USED_LOCK",
                                     "LAST_INSERT_ID",
                                     "LASTVAL",
                                     "LOAD_FILE",
                                     "LOCALTIME",
                                     "LOCALTIMESTAMP",
                                     "MASTER_GTID_WAIT",
                                     "MASTER_POS_WAIT",
                                     "NEXTVAL",
                                     "NOW",
                                     "PS_CURRENT_THREAD_ID",
                                     "PS_THREAD_ID",
                                     "RAND",
                                     "RANDOM_BYTES",
                                     "RELEASE_ALL_LOCKS",
                                     "RELEASE_LOCK",
                                     "ROLES_GRAPHML",
                                     "ROW_COUNT",
                                     "SCHEMA",
                                     "SESSION_USER",
                                     "SETVAL",
                                     "SLEEP",
                                     "SOURCE_POS_WAIT",
                                     "SYS_GUID",
                                     "SYSDATE",
                                     "SYSTEM_USER",
                                     "USER",
                                     "UTC_DATE",
                                     "UTC_TIME",
                                     "UTC_TIMESTAMP",
                                     "UUID",
                                     "UUID_SHORT",
                                     "UUID_V4",
                                     "UUID_V7",
                                     "VERSION",
                                     "WAIT_FOR_EXECUTED_GTID_SET",
                                     "WAIT_UNTIL_SQL_THREAD_AFTER_GTIDS"});

/// These are functions without parentheses too.
constexpr auto kBareFunctions = std::to_array<std::string_view>(
    {"CURRENT_DATE", "CURRENT_ROLE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER",
     "LOCALTIME", "LOCALTIMESTAMP", "UTC_DATE", "UTC_TIME", "UTC_TIMESTAMP"});

constexpr auto kSubqueryWords =
    std::to_array<std::string_view>({"SELECT", "TABLE", "VALUES", "WITH"});

constexpr auto kClauseWords =
    std::to_array<std::string_view>({"EXCEPT", "GROUP", "HAVING", "INTERSECT", "INTO", "LIMIT",
                                     "LOCK", "ORDER", "PROCEDURE", "UNION"});

template <std::size_t Size>
bool contains(const std::array<std::string_view, Size>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

class WhereChecker {
 public:
  explicit WhereChecker(std::string_view text) : text_(text), tokens_(tokenize_sql(text)) {}

  std::vector<WhereProblem> check() {
    if (tokens_.empty()) report(0, text_.size(), "the filter is empty");
    for (at_ = 0; at_ < tokens_.size(); ++at_) check_token(tokens_[at_]);
    for (const Token* open : open_) report(*open, "this parenthesis is never closed");
    std::stable_sort(problems_.begin(), problems_.end(),
                     [](const WhereProblem& left, const WhereProblem& right) {
                       return left.offset < right.offset;
                     });
    return std::move(problems_);
  }

 private:
  void report(std::size_t offset, std::size_t length, std::string message) {
    problems_.push_back({offset, length, std::move(message)});
  }
  void report(const Token& token, std::string message) {
    report(token.offset, token.text.size(), std::move(message));
  }

  /// Is the token `steps` after this one the sign `c`?
  [[nodiscard]] bool is_sign(std::size_t steps, char c) const {
    return at_ + steps < tokens_.size() && tokens_[at_ + steps].kind == TokenKind::sign &&
           tokens_[at_ + steps].text[0] == c;
  }
  [[nodiscard]] bool is_word(std::size_t steps, std::string_view word) const {
    return at_ + steps < tokens_.size() && tokens_[at_ + steps].kind == TokenKind::word &&
           upper(tokens_[at_ + steps].text) == word;
  }
  /// Is this the part of a name behind its dot? `1. UNION` is a number and a keyword.
  [[nodiscard]] bool behind_dot() const {
    if (at_ < 2 || tokens_[at_ - 1].text != ".") return false;
    const Token& qualifier = tokens_[at_ - 2];
    if (qualifier.kind == TokenKind::quoted_name) return true;
    const bool digit = qualifier.text[0] >= '0' && qualifier.text[0] <= '9';
    return qualifier.kind == TokenKind::word && !digit;
  }

  void check_token(const Token& token) {
    switch (token.kind) {
      case TokenKind::word:
        check_word(token);
        break;
      case TokenKind::quoted_name: {
        // A quoted name before a parenthesis is a function all the same.
        if (token.text.size() > 2) check_call(token, token.text.substr(1, token.text.size() - 2));
        break;
      }
      case TokenKind::string:
        break;
      case TokenKind::comment:
        report(token, "a comment cannot stand in a filter");
        break;
      case TokenKind::unterminated:
        report(token, token.text[0] == '/' ? "a comment cannot stand in a filter"
                                           : "this quote is never closed");
        break;
      case TokenKind::sign:
        check_sign(token);
        break;
    }
  }

  void check_sign(const Token& token) {
    switch (token.text[0]) {
      case '(':
        open_.push_back(&token);
        break;
      case ')':
        if (open_.empty()) {
          report(token, "this parenthesis closes one that is not open");
        } else {
          open_.pop_back();
        }
        break;
      case ';':
        report(token, "a semicolon cannot stand in a filter");
        break;
      case '?':
        report(token, "a parameter mark cannot stand in a filter");
        break;
      case '\\':
        report(token, "a backslash cannot stand outside quotes");
        break;
      case '@':
        // `@@name` is one variable.
        if (at_ == 0 || tokens_[at_ - 1].text != "@") report(token, "variables are volatile");
        break;
      case '*':
        if (is_sign(1, '/')) report(token.offset, 2, "a comment cannot stand in a filter");
        break;
      default:
        check_control(token);
    }
  }

  void check_control(const Token& token) {
    const auto byte = static_cast<unsigned char>(token.text[0]);
    if (byte < 0x20 || byte == 0x7F) {
      report(token, "a control character cannot stand outside quotes");
    }
  }

  void check_word(const Token& token) {
    const std::string word = upper(token.text);
    if (check_call(token, token.text) || behind_dot()) return;  // behind a dot any word is a name
    if (contains(kBareFunctions, word)) return report_volatile(token, word);
    if (contains(kSubqueryWords, word)) {
      return report(token, word + ": a filter cannot hold a subquery");
    }
    if (contains(kClauseWords, word)) {
      return report(token, word + " cannot stand in a filter, which is one condition");
    }
    // Within parentheses FOR is that of SUBSTRING(a FROM 1 FOR 2).
    if (word == "FOR" && open_.empty()) {
      return report(token, "FOR cannot stand in a filter, which is one condition");
    }
    if ((word == "NEXT" || word == "PREVIOUS") && is_word(1, "VALUE") && is_word(2, "FOR")) {
      return report_volatile(token, word + " VALUE FOR");
    }
  }

  /// Is it a function call that was reported?
  bool check_call(const Token& token, std::string_view name) {
    if (!is_sign(1, '(')) return false;
    if (behind_dot()) {
      report(token, in_quotes(name) + " is a stored function, which may be volatile");
      return true;
    }
    const std::string word = upper(name);
    // With an argument it converts; without one it is the time.
    const bool is_time = word == "UNIX_TIMESTAMP" && is_sign(2, ')');
    if (!is_time && !contains(kVolatileFunctions, word)) return false;
    report_volatile(token, word + "()");
    return true;
  }

  void report_volatile(const Token& token, const std::string& what) {
    report(token, what + " is volatile: members would filter by different values");
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::vector<const Token*> open_;
  std::vector<WhereProblem> problems_;
};

}  // namespace

std::vector<WhereProblem> check_where(std::string_view text) { return WhereChecker(text).check(); }

}  // namespace rowplan::planner
