#include "planner/update_batches.h"

#include <gtest/gtest.h>

#include "tests/unit/pair_builder.h"

namespace rowplan::planner {
namespace {

using testing::hex;
using testing::null;
using testing::number;
using testing::PairBuilder;
using testing::text;
using testing::update_of;

TablePair three_columns() {
  return PairBuilder("t").integer("id").integer("n", true).text("name", true).key().build();
}

Change set(std::int64_t id, const std::string& column, const PlanValue& value) {
  return update_of({number(id)}, {{column, null()}}, {{column, value}});
}

std::vector<std::string> statements_of(const TablePair& pair, const std::vector<Change>& changes,
                                       const StatementLimits& limits = {100000, 1000}) {
  std::vector<const Change*> pointers;
  for (const Change& change : changes) pointers.push_back(&change);
  std::vector<std::string> found;
  std::size_t rows = 0;
  UpdateBatches(pair).write(pointers, limits, [&](const Statement& statement) {
    found.push_back(statement.sql);
    rows += statement.rows;
  });
  EXPECT_EQ(rows, changes.size());
  return found;
}

TEST(UpdateBatches, RowsThatWriteTheSameColumnsShareAStatement) {
  const TablePair pair = three_columns();
  EXPECT_EQ(statements_of(
                pair, {set(1, "n", number(7)), set(2, "name", text("it's")), set(3, "n", null())}),
            (std::vector<std::string>{
                "UPDATE `db`.`t` SET `n`=CASE WHEN `id`=1 THEN 7 WHEN `id`=3 THEN NULL END"
                " WHERE `id` IN (1,3)",
                "UPDATE `db`.`t` SET `name`=CASE WHEN `id`=2 THEN _utf8mb4 x'69742773' END"
                " WHERE `id` IN (2)"}));
}

TEST(UpdateBatches, KeepsToTheLimits) {
  const TablePair pair = three_columns();
  std::vector<Change> changes;
  for (std::int64_t id = 0; id < 250; ++id) changes.push_back(set(id, "n", number(id)));
  EXPECT_EQ(statements_of(pair, changes).size(), 3U);
  EXPECT_EQ(statements_of(pair, changes, {100000, 10}).size(), 25U);
  EXPECT_EQ(statements_of(pair, changes, {200, 100}).size(), 250U);
}

TEST(UpdateBatches, KeepsWhatTheServerWouldStamp) {
  PairBuilder builder("t");
  builder.integer("id").integer("n").column("at", mysql::TypeFamily::timestamp,
                                            {mysql::CellKind::datetime});
  builder.last().on_update_now = true;
  const TablePair pair = builder.key().build();
  EXPECT_EQ(statements_of(pair, {set(1, "n", number(2))}).front(),
            "UPDATE `db`.`t` SET `n`=CASE WHEN `id`=1 THEN 2 END,`at`=`at` WHERE `id` IN (1)");
}

TEST(UpdateBatches, WhereOrderMattersRowsAreWrittenOneByOne) {
  const TablePair pair = PairBuilder("t")
                             .integer("id")
                             .integer("u", true)
                             .integer("n")
                             .key()
                             .unique("u", {"u"})
                             .build();
  const UpdateBatches batches(pair);
  EXPECT_TRUE(batches.may_join(set(1, "n", number(2))));
  EXPECT_FALSE(batches.may_join(set(1, "u", number(2))));
  EXPECT_FALSE(batches.may_join(set(1, "id", number(2))));
}

TEST(UpdateBatches, WhatAnExpressionWouldChangeIsWrittenAlone) {
  const TablePair pair = three_columns();
  const UpdateBatches batches(pair);
  EXPECT_TRUE(batches.may_join(set(1, "name", text("caf\xc3\xa9"))));
  EXPECT_FALSE(batches.may_join(set(1, "name", hex("\xff"))));
  EXPECT_FALSE(batches.may_join(set(1, "name", text(std::string(20000, 'x')))));
  Change moved = set(1, "name", text("a"));
  moved.reason = "filter_moved";
  EXPECT_FALSE(batches.may_join(moved));
}

}  // namespace
}  // namespace rowplan::planner
