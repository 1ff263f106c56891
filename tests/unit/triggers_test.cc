#include "planner/triggers.h"

#include <gtest/gtest.h>

#include "tests/unit/pair_builder.h"

namespace rowplan::planner {
namespace {

using mysql::Routine;
using mysql::TableName;
using testing::PairBuilder;

const std::vector<TableName> kTables = {{"db", "film"}, {"db", "film_text"}, {"db", "odd `name"}};

std::string reached(const std::string& body, const std::vector<Routine>& routines = {}) {
  std::string out;
  for (const TableName& table :
       tables_reached({{"tr", "AFTER", "INSERT", "", body}}, routines, kTables))
    out += (out.empty() ? "" : ", ") + table.table;
  return out;
}

TEST(Triggers, ATableIsReachedByItsWholeName) {
  EXPECT_EQ(reached("INSERT INTO film_text VALUES (NEW.id)"), "film_text");
  EXPECT_EQ(reached("INSERT INTO `db`.`FILM_text` VALUES (1)"), "film_text");
  EXPECT_EQ(reached("SET NEW.film_id = 1, NEW.text = 'film_text_2'"), "");
  EXPECT_EQ(reached("UPDATE film SET a = 1"), "film");
  EXPECT_EQ(reached("DELETE FROM `odd ``name` WHERE 1"), "odd `name");
}

TEST(Triggers, WhatStandsInACommentCountsToo) {
  EXPECT_EQ(reached("BEGIN /*!50000 DELETE FROM film */; END"), "film");
}

TEST(Triggers, RoutinesAreFollowed) {
  const std::vector<Routine> routines = {{"db", "note", "CALL deeper(1)"},
                                         {"db", "deeper", "DELETE FROM film"},
                                         {"db", "other", "DELETE FROM film_text"}};
  EXPECT_EQ(reached("CALL note('x')", routines), "film");
  EXPECT_EQ(reached("SET NEW.a = deeper(NEW.b)", routines), "film");
}

TEST(Triggers, WhatCannotBeSeenMayReachAnything) {
  EXPECT_EQ(reached("CALL unknown()"), "film, film_text, odd `name");
  EXPECT_EQ(reached("CALL db.known(1)", {{"db", "known", std::nullopt}}),
            "film, film_text, odd `name");
  EXPECT_EQ(reached("SET NEW.a = 1"), "");
}

std::vector<TablePair> three_pairs() {
  std::vector<TablePair> pairs;
  for (const char* name : {"film", "film_text", "log"})
    pairs.push_back(PairBuilder(name).integer("id").key().build());
  return pairs;
}

TEST(Triggers, TouchedTablesHaveTriggersInTurn) {
  std::vector<TablePair> pairs = three_pairs();
  pairs[0].target.triggers = {{"a", "AFTER", "INSERT", "", "INSERT INTO film_text VALUES (1)"}};
  pairs[1].target.triggers = {{"b", "AFTER", "INSERT", "", "INSERT INTO log SELECT * FROM film"}};
  find_touched(pairs, "b", {});
  EXPECT_EQ(pairs[0].touches, (std::vector<TableName>{{"db", "film_text"}, {"db", "log"}}));
  EXPECT_EQ(pairs[1].touches, (std::vector<TableName>{{"db", "film"}, {"db", "log"}}));
  EXPECT_TRUE(pairs[2].touches.empty());
}

TEST(Triggers, ForeignKeysTakeWritesAlong) {
  std::vector<TablePair> pairs = three_pairs();
  pairs[0].target.triggers = {{"a", "AFTER", "INSERT", "", "DELETE FROM outside"}};
  const TableName outside{"db", "outside"};
  pairs[1].target.foreign_keys = {
      {"f", pairs[1].target.name, {"id"}, outside, {"id"}, "CASCADE", "RESTRICT"}};
  pairs[2].target.foreign_keys = {
      {"g", pairs[2].target.name, {"id"}, outside, {"id"}, "RESTRICT", "NO ACTION"}};
  pairs[0].target.foreign_keys = {
      {"h", pairs[0].target.name, {"id"}, pairs[1].target.name, {"id"}, "SET NULL", "RESTRICT"}};
  find_touched(pairs, "b", {});
  EXPECT_EQ(pairs[0].touches, (std::vector<TableName>{{"db", "film"}, {"db", "film_text"}}));
  EXPECT_TRUE(pairs[1].touches.empty());
}

TEST(Triggers, EachMustBeNamed) {
  TablePair pair = PairBuilder("film").integer("id").key().build();
  pair.target.triggers = {{"a", "BEFORE", "INSERT", "", ""}, {"b", "BEFORE", "UPDATE", "", ""}};
  pair.job.allow_triggers = {"a"};
  Findings findings;
  judge_triggers(pair, findings);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].code, "trigger_on_target");
  EXPECT_NE(findings[0].message.find("b BEFORE UPDATE"), std::string::npos);
  EXPECT_EQ(findings[1].code, "trigger_allowed");
  pair.job.allow_triggers = {"a", "db.b"};
  findings.clear();
  judge_triggers(pair, findings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, Severity::warning);
}

}  // namespace
}  // namespace rowplan::planner
