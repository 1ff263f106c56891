// SHOW GRANTS, as both servers write it.
#include "mysql/privileges.h"

#include <gtest/gtest.h>

#include "mysql/foreign_keys.h"

namespace rowplan::mysql {
namespace {

Privileges privileges(const std::vector<std::string>& lines,
                      Wildcards wildcards = Wildcards::in_databases) {
  std::vector<GrantLine> parsed;
  for (const std::string& line : lines) {
    auto one = parse_grant_line(line);
    EXPECT_TRUE(one) << line;
    if (one) parsed.push_back(*one);
  }
  return {"`u`@`localhost`", parsed, wildcards};
}

const TableName kOrders{"shop", "orders"};

TEST(Privileges, GlobalAll) {
  const auto user =
      privileges({"GRANT ALL PRIVILEGES ON *.* TO `g`@`localhost` WITH GRANT OPTION"});
  EXPECT_TRUE(user.on_server("PROCESS"));
  EXPECT_TRUE(user.on_table("TRIGGER", kOrders));
  EXPECT_TRUE(user.sees_every_table());
}

TEST(Privileges, UsageIsNothing) {
  const auto user = privileges(
      {"GRANT USAGE ON *.* TO `u`@`localhost` IDENTIFIED BY PASSWORD '*00AA' REQUIRE SSL"});
  EXPECT_FALSE(user.on_table("SELECT", kOrders));
  EXPECT_FALSE(user.sees_every_table());
}

TEST(Privileges, DynamicPrivilegesWithoutSpaces) {
  const auto user = privileges({"GRANT AUDIT_ADMIN,CLONE_ADMIN ON *.* TO `g`@`localhost`"});
  EXPECT_TRUE(user.on_server("CLONE_ADMIN"));
  EXPECT_FALSE(user.sees_every_table());
}

TEST(Privileges, OneTableIsNotItsDatabase) {
  const auto user = privileges({"GRANT SELECT, TRIGGER ON `shop`.`orders` TO `u`@`localhost`"});
  EXPECT_TRUE(user.on_table("TRIGGER", kOrders));
  EXPECT_FALSE(user.on_table("TRIGGER", {"shop", "other"}));
  EXPECT_FALSE(user.on_database("SELECT", "shop"));
}

TEST(Privileges, ColumnsAreNotTheTable) {
  const auto user = privileges(
      {"GRANT SELECT (`id`, `a,``(b`), UPDATE (`id`), INSERT ON `shop`.`orders` TO `u`@`%`"});
  EXPECT_FALSE(user.on_table("SELECT", kOrders));
  EXPECT_TRUE(user.on_columns("SELECT", kOrders, {"id", "a,`(b"}));
  EXPECT_FALSE(user.on_columns("UPDATE", kOrders, {"id", "a,`(b"}));
  EXPECT_TRUE(user.on_table("INSERT", kOrders));
}

TEST(Privileges, TheMostExactPatternAloneCounts) {
  const auto user = privileges({"GRANT SELECT, TRIGGER ON `sh%`.* TO `u`@`localhost`",
                                "GRANT SELECT ON `sho%`.* TO `u`@`localhost`"});
  EXPECT_TRUE(user.on_table("SELECT", kOrders));
  EXPECT_FALSE(user.on_table("TRIGGER", kOrders));
  EXPECT_TRUE(user.on_table("TRIGGER", {"shelf", "t"}));
  const auto plain = privileges({"GRANT SELECT, TRIGGER ON `sh%`.* TO `u`@`localhost`",
                                 "GRANT SELECT ON `shop`.* TO `u`@`localhost`"});
  EXPECT_FALSE(plain.on_table("TRIGGER", kOrders));
}

TEST(Privileges, UserAndRoleAddUp) {
  const auto user = privileges(
      {"GRANT `r1` TO `u`@`localhost`", "GRANT USAGE ON *.* TO `r1`",
       "GRANT SELECT ON `shop`.* TO `u`@`localhost`", "GRANT TRIGGER ON `sh%`.* TO `r1`",
       "GRANT INSERT ON `shop`.* TO PUBLIC", "SET DEFAULT ROLE `r1` FOR `u`@`localhost`"});
  EXPECT_TRUE(user.on_table("SELECT", kOrders));
  EXPECT_TRUE(user.on_table("TRIGGER", kOrders));
  EXPECT_TRUE(user.on_table("INSERT", kOrders));
}

TEST(Privileges, PartialRevokes) {
  const auto user = privileges({"GRANT SELECT, TRIGGER ON *.* TO `u`@`localhost`",
                                "REVOKE SELECT, TRIGGER ON `shop`.* FROM `u`@`localhost`",
                                "GRANT SELECT ON `shop`.`orders` TO `u`@`localhost`"},
                               Wildcards::none);
  EXPECT_TRUE(user.on_table("TRIGGER", {"other", "t"}));
  EXPECT_FALSE(user.on_table("TRIGGER", kOrders));
  EXPECT_TRUE(user.on_table("SELECT", kOrders));
  EXPECT_FALSE(user.sees_every_table());
}

TEST(Privileges, DatabasePatterns) {
  const auto wild = Wildcards::in_databases;
  EXPECT_TRUE(database_matches("shop\\_%", "shop_x", wild));
  EXPECT_FALSE(database_matches("shop\\_%", "shopxx", wild));
  EXPECT_TRUE(database_matches("shop_x", "shop\xC3\xA9x", wild));
  EXPECT_FALSE(database_matches("shop_x", "shop\xC3\xA9x", Wildcards::none));
  EXPECT_TRUE(database_matches("shop_x", "shop_x", Wildcards::none));
  EXPECT_TRUE(database_matches("a\\%b", "a%b", wild));
  EXPECT_FALSE(database_matches("a\\%b", "axb", wild));
  EXPECT_TRUE(database_matches("%", "", wild));
  EXPECT_FALSE(database_matches("Shop", "shop", wild));
}

TEST(Privileges, AFurtherGrantTakesNothingAway) {
  const auto user = privileges({"GRANT SELECT ON `sh_p`.* TO `u`@`localhost`"});
  EXPECT_EQ(user.database_pattern("shop"), "sh_p");
  EXPECT_EQ(user.database_pattern("a_b%"), "a\\_b\\%");
  EXPECT_EQ(privileges({}, Wildcards::none).database_pattern("a_b"), "a_b");
}

TEST(GrantLine, OthersAreKnown) {
  for (const char* line :
       {"GRANT `r1`@`%`,`r2`@`%` TO `u`@`localhost`", "GRANT PROXY ON ''@'%' TO 'root'@'localhost'",
        "GRANT EXECUTE ON PROCEDURE `shop`.`p` TO `u`@`localhost`", "SET DEFAULT ROLE NONE",
        "GRANT `r` TO `u`@`localhost` WITH ADMIN OPTION"}) {
    const auto parsed = parse_grant_line(line);
    ASSERT_TRUE(parsed) << line;
    EXPECT_EQ(parsed->kind, GrantLine::Kind::other) << line;
  }
}

TEST(GrantLine, UnknownLinesAreNot) {
  for (const char* line : {"", "DENY SELECT ON *.* TO `u`@`h`", "GRANT SELECT ON `shop",
                           "GRANT SELECT ON `shop`.* FOR `u`", "REVOKE `r` FROM `u`@`h`",
                           "GRANT SELECT (`a` ON `s`.`t` TO `u`@`h`", "GRANT , ON *.* TO `u`@`h`",
                           "GRANT SELECT ON `a`.`b TO `u`@`h`", "REVOKE ALL ON `a`.* TO `u`@`h`"})
    EXPECT_FALSE(parse_grant_line(line)) << line;
}

TEST(GrantLine, Names) {
  const auto line = parse_grant_line("GRANT SELECT ON `sh%op`.`t``a'b. TO x` TO ``@`%`");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->db, "sh%op");
  EXPECT_EQ(line->table, "t`a'b. TO x");
  EXPECT_EQ(line->grantee, GrantLine::Grantee::user);
}

TEST(ForeignKeyFlags, AreRules) {
  EXPECT_EQ(delete_rule(1), "CASCADE");
  EXPECT_EQ(delete_rule(34), "SET NULL");
  EXPECT_EQ(delete_rule(48), "NO ACTION");
  EXPECT_EQ(delete_rule(4), "RESTRICT");
  EXPECT_EQ(update_rule(4), "CASCADE");
  EXPECT_EQ(update_rule(9), "SET NULL");
  EXPECT_EQ(update_rule(33), "NO ACTION");
}

}  // namespace
}  // namespace rowplan::mysql
