#include "planner/where_clause.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rowplan::planner {
namespace {

/// `offset+length: message` of each problem, one a line.
std::string problems(std::string_view text) {
  std::string result;
  for (const WhereProblem& problem : check_where(text)) {
    if (!result.empty()) result += '\n';
    result += std::to_string(problem.offset) + '+' + std::to_string(problem.length) + ": " +
              problem.message;
  }
  return result;
}

class Accepted : public ::testing::TestWithParam<const char*> {};
TEST_P(Accepted, HasNoProblem) { EXPECT_EQ(problems(GetParam()), ""); }
INSTANTIATE_TEST_SUITE_P(
    Where, Accepted,
    ::testing::Values(
        "region = 7", "a = 'x''y' AND b = \"z\"", "a = 'it\\'s; SELECT now() -- ?'",
        "a = \"\\\"; @x\"", "`now` = 1 AND `select` = 2", "`we``ird;` = 1", "user = 'bob'",
        "t.user = 'bob' AND t.now > 3", "now > 3 AND uuid IS NOT NULL AND version = 2",
        "t.current_date = '2024-01-01'", "t.`select` = 1", "t.order = 2", "a IN (1, (2), 3)",
        "a = 5--3", "a = 5 - -3", "a = x'4142' AND b = 0x41 AND c = b'01'", "a = _utf8mb4'x'",
        "created < '2024-01-01' + INTERVAL 1 DAY", "SUBSTRING(a FROM 1 FOR 2) = 'ab'",
        "TRIM(a) LIKE '50\\%' ESCAPE '!'", "UNIX_TIMESTAMP(created) > 5", "JSON_EXTRACT(j, '$.a')",
        "j->'$.a' = 1", "CASE WHEN a THEN b ELSE c END", "INSERT(a, 1, 2, 'x') = 'y'", "größe > 3",
        "a\n= 1\n\tAND b = 2", "unionized = 1 AND ordering = 2", "next = value"));

class Volatile : public ::testing::TestWithParam<const char*> {};
TEST_P(Volatile, CallsAreRefused) {
  const std::string name = GetParam();
  const std::string message = " is volatile: members would filter by different values";
  const std::string length = std::to_string(name.size());
  EXPECT_EQ(problems("a < " + name + "()"), "4+" + length + ": " + name + "()" + message);
  EXPECT_EQ(problems("a < " + name + " \n( )"), "4+" + length + ": " + name + "()" + message);
  EXPECT_EQ(problems("a < `" + name + "`()"),
            "4+" + std::to_string(name.size() + 2) + ": " + name + "()" + message)
      << "a quoted name is a function too";
}
INSTANTIATE_TEST_SUITE_P(
    Where, Volatile,
    ::testing::Values("NOW", "CURRENT_TIMESTAMP", "CURDATE", "CURTIME", "SYSDATE", "UTC_DATE",
                      "UTC_TIMESTAMP", "UNIX_TIMESTAMP", "RAND", "UUID", "UUID_SHORT", "UUID_V7",
                      "CONNECTION_ID", "CURRENT_USER", "USER", "SESSION_USER", "SYSTEM_USER",
                      "DATABASE", "SCHEMA", "LAST_INSERT_ID", "ROW_COUNT", "FOUND_ROWS", "SLEEP",
                      "BENCHMARK", "GET_LOCK", "RELEASE_LOCK", "RELEASE_ALL_LOCKS", "IS_FREE_LOCK",
                      "IS_USED_LOCK", "LOAD_FILE", "VERSION", "RANDOM_BYTES", "NEXTVAL", "LASTVAL",
                      "SETVAL", "MASTER_POS_WAIT", "SOURCE_POS_WAIT"));

TEST(Where, SomeFunctionsNeedNoParentheses) {
  for (const std::string name :
       {"CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER", "LOCALTIME",
        "LOCALTIMESTAMP", "UTC_DATE", "UTC_TIME", "UTC_TIMESTAMP"}) {
    EXPECT_EQ(problems(name + " > a"),
              "0+" + std::to_string(name.size()) + ": " + name +
                  " is volatile: members would filter by different values");
  }
  EXPECT_EQ(problems("a < current_date"),
            "4+12: CURRENT_DATE is volatile: members would filter by different values");
}

TEST(Where, Sequences) {
  EXPECT_EQ(problems("a = (NEXT VALUE FOR s)"),
            "5+4: NEXT VALUE FOR is volatile: members would filter by different values");
  EXPECT_EQ(problems("a < (previous value for s)"),
            "5+8: PREVIOUS VALUE FOR is volatile: members would filter by different values");
}

TEST(Where, StoredFunctions) {
  EXPECT_EQ(problems("shop.rank(a) > 1"),
            "5+4: \"rank\" is a stored function, which may be volatile");
  EXPECT_EQ(problems("`shop`.`rank` (a) > 1"),
            "7+6: \"rank\" is a stored function, which may be volatile");
}

TEST(Where, Variables) {
  EXPECT_EQ(problems("a = @x"), "4+1: variables are volatile");
  EXPECT_EQ(problems("a = @@global.read_only"), "4+1: variables are volatile");
  EXPECT_EQ(problems("a = '@x'"), "");
}

TEST(Where, Subqueries) {
  EXPECT_EQ(problems("a IN (SELECT 1)"), "6+6: SELECT: a filter cannot hold a subquery");
  EXPECT_EQ(problems("a IN (table t)"), "6+5: TABLE: a filter cannot hold a subquery");
  EXPECT_EQ(problems("a IN (VALUES ROW(1))"), "6+6: VALUES: a filter cannot hold a subquery");
  EXPECT_EQ(problems("a IN (WITH x AS (select 1) select 2)"),
            "6+4: WITH: a filter cannot hold a subquery\n"
            "17+6: SELECT: a filter cannot hold a subquery\n"
            "27+6: SELECT: a filter cannot hold a subquery");
  EXPECT_EQ(problems("a IN(SELECT(1))"), "5+6: SELECT: a filter cannot hold a subquery");
}

class Clause : public ::testing::TestWithParam<const char*> {};
TEST_P(Clause, IsRefused) {
  const std::string word = GetParam();
  EXPECT_EQ(problems("a = 1 " + word + " b"),
            "6+" + std::to_string(word.size()) + ": " + word +
                " cannot stand in a filter, which is one condition");
}
INSTANTIATE_TEST_SUITE_P(Where, Clause,
                         ::testing::Values("UNION", "INTO", "LIMIT", "ORDER", "GROUP", "HAVING",
                                           "FOR", "LOCK", "PROCEDURE", "EXCEPT", "INTERSECT"));

TEST(Where, ANumberWithADotHidesNoKeyword) {
  EXPECT_EQ(problems("a = 1. UNION"),
            "7+5: UNION cannot stand in a filter, which is one condition");
  EXPECT_EQ(problems("a = 1.UNION"), "6+5: UNION cannot stand in a filter, which is one condition");
  EXPECT_EQ(problems("a = 1.current_user"),
            "6+12: CURRENT_USER is volatile: members would filter by different values");
}

TEST(Where, NothingEndsTheStatementOrItsParenthesis) {
  EXPECT_EQ(problems("a = 1; DROP TABLE t"),
            "5+1: a semicolon cannot stand in a filter\n"
            "12+5: TABLE: a filter cannot hold a subquery");
  EXPECT_EQ(problems("a = 1) OR (1 = 1"),
            "5+1: this parenthesis closes one that is not open\n"
            "10+1: this parenthesis is never closed");
  EXPECT_EQ(problems("(a = 1"), "0+1: this parenthesis is never closed");
  EXPECT_EQ(problems("a = ?"), "4+1: a parameter mark cannot stand in a filter");
  EXPECT_EQ(problems("a = \\N"), "4+1: a backslash cannot stand outside quotes");
  EXPECT_EQ(problems(std::string_view("a\0= 1", 5)),
            "1+1: a control character cannot stand outside quotes");
}

TEST(Where, Quotes) {
  EXPECT_EQ(problems("a = 'x"), "4+2: this quote is never closed");
  EXPECT_EQ(problems("a = 'x\\'"), "4+4: this quote is never closed");
  EXPECT_EQ(problems("a = \"x''"), "4+4: this quote is never closed");
  EXPECT_EQ(problems("`a\\` = 1"), "") << "no escapes in backquotes";
  EXPECT_EQ(problems("`a"), "0+2: this quote is never closed");
  EXPECT_EQ(problems("a = 'x\\"), "4+3: this quote is never closed");
}

TEST(Where, Comments) {
  const std::string message = ": a comment cannot stand in a filter";
  EXPECT_EQ(problems("a = 1 -- x"), "6+4" + message);
  EXPECT_EQ(problems("a = 1 --"), "6+2" + message);
  EXPECT_EQ(problems("a = 1 --\nAND b"), "6+2" + message);
  EXPECT_EQ(problems("a = 1 # x"), "6+3" + message);
  EXPECT_EQ(problems("a /* x */ = 1"), "2+7" + message);
  EXPECT_EQ(problems("a /*! OR 1 */ = 1"), "2+11" + message);
  EXPECT_EQ(problems("a = 1 /* x"), "6+4" + message);
  EXPECT_EQ(problems("a = 1 /*/ x"), "6+5" + message);
  EXPECT_EQ(problems("a = 1 */ 2"), "6+2" + message);
  EXPECT_EQ(problems("a = '/* x */ # --  '"), "");
}

TEST(Where, Empty) {
  EXPECT_EQ(problems(""), "0+0: the filter is empty");
  EXPECT_EQ(problems(" \n"), "0+2: the filter is empty");
}

TEST(Where, EveryByteIsJudgedWithoutHarm) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      for (const WhereProblem& problem : check_where(text)) {
        EXPECT_LE(problem.offset + problem.length, text.size());
      }
    }
  }
}

}  // namespace
}  // namespace rowplan::planner
