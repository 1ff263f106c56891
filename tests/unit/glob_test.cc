#include "planner/glob.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "planner/rename_rule.h"

namespace rowplan::planner {
namespace {

TableGlob glob(const std::string& text) { return std::get<TableGlob>(parse_glob(text)); }

std::string problem(const std::string& text) {
  const auto parsed = parse_glob(text);
  const auto* found = std::get_if<InputProblem>(&parsed);
  return found == nullptr ? "" : found->message + " | " + found->hint;
}

bool matches(const std::string& pattern, const std::string& name) {
  return NamePattern::parse(pattern).value().matches(name);
}

std::vector<TableGlob> globs(const std::vector<std::string>& texts) {
  std::vector<TableGlob> result;
  for (const std::string& text : texts) result.push_back(glob(text));
  return result;
}

TEST(NamePattern, Wildcards) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("order_*", "order_"));
  EXPECT_TRUE(matches("order_*", "order_items"));
  EXPECT_FALSE(matches("order_*", "orders"));
  EXPECT_TRUE(matches("*_log_*", "a_log_b_log_c"));
  EXPECT_FALSE(matches("*_log", "a_log_b"));
  EXPECT_TRUE(matches("a*b*c", "aXbYbZc"));
  EXPECT_FALSE(matches("a*b*c", "acb"));
  EXPECT_TRUE(matches("t?", "t1"));
  EXPECT_FALSE(matches("t?", "t"));
  EXPECT_FALSE(matches("t?", "t12"));
  EXPECT_TRUE(matches("*?", "x"));
  EXPECT_FALSE(matches("*?", ""));
  EXPECT_FALSE(matches("Orders", "orders"));
}

TEST(NamePattern, AQuestionMarkIsOneCharacterNotOneByte) {
  EXPECT_TRUE(matches("gr??e", "größe"));
  EXPECT_FALSE(matches("gr????e", "größe"));
  EXPECT_FALSE(matches("*??", "ö"));
}

TEST(NamePattern, EncodedWildcardsAreLetters) {
  EXPECT_TRUE(matches("a%2Ab", "a*b"));
  EXPECT_FALSE(matches("a%2Ab", "axb"));
  EXPECT_TRUE(matches("what%3F", "what?"));
  EXPECT_TRUE(matches("100%25", "100%"));
}

TEST(NamePattern, ManyStarsAreNotSlow) {
  std::string pattern;
  for (int i = 0; i < 30; ++i) pattern += "a*";
  EXPECT_FALSE(matches(pattern + "b", std::string(64, 'a')));
}

TEST(TableGlob, PartsAtTheFirstDot) {
  EXPECT_EQ(glob("shop.orders").literal(), (TableName{"shop", "orders"}));
  EXPECT_EQ(glob("shop.a.b").literal(), (TableName{"shop", "a.b"}));
  EXPECT_EQ(glob("my%2Eshop.o%2A").literal(), (TableName{"my.shop", "o*"}));
  EXPECT_EQ(glob("shop.order_*").literal(), std::nullopt);
  EXPECT_EQ(glob("s?op.orders").literal(), std::nullopt);
  EXPECT_TRUE(glob("*.orders").matches({"shop", "orders"}));
}

TEST(TableGlob, Negative) {
  EXPECT_FALSE(glob("shop.x").negative);
  EXPECT_TRUE(glob("!shop.x").negative);
  EXPECT_EQ(glob("!shop.x").literal(), (TableName{"shop", "x"}));
  EXPECT_EQ(glob("!shop.x").text, "!shop.x");
}

TEST(TableGlob, Refusals) {
  EXPECT_EQ(problem("shop"),
            "\"shop\" is not of the form \"database.table\" | \"shop.*\" is a whole database");
  EXPECT_EQ(problem("shop."),
            "\"shop.\" is not of the form \"database.table\" | a % must be followed by two hex "
            "digits; %25 is a % in a name");
  EXPECT_NE(problem(".orders"), "");
  EXPECT_NE(problem("!"), "");
  EXPECT_NE(problem("shop.50%"), "");
  EXPECT_EQ(
      problem("`shop`.`orders`"),
      "a backquote in \"`shop`.`orders`\" | names stand as they are, without quotes; %60 is a "
      "backquote in a name");
}

TEST(TableGlob, AnyPositiveAndNoNegativeWhateverTheOrder) {
  for (const auto& list : {globs({"shop.*", "!shop.tmp_*"}), globs({"!shop.tmp_*", "shop.*"})}) {
    EXPECT_TRUE(selects(list, {"shop", "orders"}));
    EXPECT_FALSE(selects(list, {"shop", "tmp_orders"}));
    EXPECT_FALSE(selects(list, {"hr", "people"}));
  }
  EXPECT_FALSE(selects(globs({"!shop.x"}), {"shop", "y"}));
  EXPECT_FALSE(selects({}, {"shop", "y"}));
}

RenameRule rule(const std::string& from, const std::string& to) {
  return std::get<RenameRule>(parse_rename(from, to));
}

std::string rename_problem(const std::string& from, const std::string& to) {
  const auto parsed = parse_rename(from, to);
  const auto* found = std::get_if<InputProblem>(&parsed);
  return found == nullptr ? "" : found->message;
}

TEST(Rename, TheStarIsCarriedOver) {
  const std::vector<RenameRule> rules = {rule("shop.*", "dw.shop_*_copy")};
  EXPECT_EQ(apply_rename(rules, std::string_view("shop.orders")), "dw.shop_orders_copy");
  EXPECT_EQ(apply_rename(rules, std::string_view("hr.orders")), std::nullopt);
  EXPECT_EQ(apply_rename({rule("*.log", "logs.*")}, std::string_view("shop.log")), "logs.shop");
  EXPECT_EQ(apply_rename({rule("a.ab*ba", "b.*")}, std::string_view("a.aba")), std::nullopt)
      << "the two ends may not overlap";
}

TEST(Rename, ExactBeatsStarAndThenTheFirstWins) {
  const std::vector<RenameRule> rules = {rule("shop.*", "dw.*"), rule("shop.o*", "other.*"),
                                         rule("shop.orders", "dw.sales")};
  EXPECT_EQ(apply_rename(rules, TableName{"shop", "orders"}), (TableName{"dw", "sales"}));
  EXPECT_EQ(apply_rename(rules, TableName{"shop", "options"}), (TableName{"dw", "options"}));
}

TEST(Rename, EncodedNames) {
  const std::vector<RenameRule> rules = {rule("my%2Eshop.*", "dw.%2A*")};
  EXPECT_EQ(apply_rename(rules, std::string_view("my%2Eshop.a%20b")), "dw.%2Aa%20b");
  EXPECT_EQ(apply_rename(rules, std::string_view("no table")), std::nullopt);
}

TEST(Rename, Refusals) {
  EXPECT_EQ(rename_problem("shop.*", "dw.all"),
            "\"shop.*\" = \"dw.all\": both sides must hold one *, or neither");
  EXPECT_NE(rename_problem("shop.a", "dw.*"), "");
  EXPECT_EQ(rename_problem("*.*", "dw.*"), "\"*.*\" holds more than one *");
  EXPECT_EQ(rename_problem("shop", "dw"), "\"shop\" is not of the form \"database.table\"");
  EXPECT_NE(rename_problem("shop.t?", "dw.t?"), "");
  EXPECT_NE(rename_problem("shop.%4", "dw.t"), "");
  EXPECT_NE(rename_problem("shop.a", "dw."), "");
}

}  // namespace
}  // namespace rowplan::planner
