#include "planner/unit_split.h"

#include <gtest/gtest.h>

#include "tests/unit/pair_builder.h"

namespace rowplan::planner {
namespace {

using testing::insert_of;
using testing::number;
using testing::PairBuilder;
using testing::remove_of;
using testing::update_of;

TablePair unique_pair() {
  return PairBuilder("t").integer("id").integer("u", true).key().unique("u", {"u"}).build();
}
Change move(std::int64_t id, std::int64_t from, std::int64_t to) {
  return update_of({number(id)}, {{"u", number(from)}}, {{"u", number(to)}});
}
Change add(std::int64_t id) {
  return insert_of({number(id)}, {{"id", number(id)}, {"u", number(id)}});
}
Change drop(std::int64_t id) {
  return remove_of({number(id)}, {{"id", number(id)}, {"u", number(id)}});
}

/// "1,2 | 3": the first key values of each step's changes.
std::string steps_of(const TablePair& pair, const std::vector<Change>& changes,
                     std::uint64_t max_rows) {
  const auto steps = split_unit({{&pair, changes, {}}}, max_rows);
  if (!steps) return "none";
  std::string out;
  for (const StepChanges& step : *steps) {
    out += out.empty() ? "" : " | ";
    for (std::size_t i = 0; i < step[0].size(); ++i)
      out += (i == 0 ? "" : ",") + (*changes[step[0][i]].key)[0].data;
  }
  return out;
}

TEST(UnitSplit, FillsSteps) {
  const TablePair pair = unique_pair();
  EXPECT_EQ(steps_of(pair, {add(1), add(2), add(3), add(4), add(5)}, 2), "1,2 | 3,4 | 5");
  EXPECT_EQ(steps_of(pair, {add(1), add(2)}, 5), "1,2");
}

TEST(UnitSplit, KeepsTheOrder) {
  const TablePair pair = unique_pair();
  // 1 takes what 2 gives up, 2 what 3 gives up.
  EXPECT_EQ(steps_of(pair, {move(1, 1, 2), move(2, 2, 3), move(3, 3, 4)}, 1), "3 | 2 | 1");
  EXPECT_EQ(steps_of(pair, {add(1), drop(2), add(3), drop(4)}, 3), "2,4,1 | 3");
}

TEST(UnitSplit, ViaSourceDeletesByThemselves) {
  const TablePair pair = PairBuilder("t")
                             .integer("id")
                             .integer("u", true)
                             .key()
                             .unique("u", {"u"})
                             .via_source()
                             .build();
  EXPECT_EQ(steps_of(pair, {add(1), drop(2), add(3), drop(4)}, 10), "2,4 | 1,3");
  EXPECT_EQ(steps_of(pair, {add(1), drop(2), add(3), drop(4)}, 1), "2 | 4 | 1 | 3");
  EXPECT_EQ(steps_of(pair, {add(1), move(2, 2, 5)}, 10), "2,1");
  EXPECT_EQ(steps_of(pair, {drop(1), drop(2)}, 10), "1,2");
  // Nothing of the source may be parked, not even as NULL.
  EXPECT_EQ(steps_of(pair, {move(1, 1, 2), move(2, 2, 1)}, 10), "none");
}

TEST(UnitSplit, DoesNotCutWhereARowIsParked) {
  const TablePair pair = unique_pair();
  const std::vector<Change> circle = {move(1, 1, 2), move(2, 2, 1)};
  EXPECT_EQ(steps_of(pair, circle, 1), "none");
  EXPECT_NE(steps_of(pair, circle, 2), "none");
  EXPECT_EQ(steps_of(pair, {drop(8), move(1, 1, 2), move(2, 2, 1), add(9)}, 2), "8,9 | 2,1");
}

TEST(UnitSplit, DoesNotLookAtTargetRows) {
  const TablePair pair = unique_pair();
  const std::vector<Change> changes = {move(1, 1, 2), move(2, 2, 3)};
  std::vector<UnitTable> with_rows = {{&pair, changes, std::vector<mysql::Row>(2)}};
  EXPECT_EQ(split_unit(with_rows, 1), split_unit({{&pair, changes, {}}}, 1));
}

TEST(UnitSplit, TakesTheChangesOfAStep) {
  const TablePair pair = unique_pair();
  const std::vector<UnitTable> unit = {{&pair, {add(1), add(2), add(3)}, {}}};
  const auto tables = step_tables(unit, {{2, 0}});
  ASSERT_EQ(tables.size(), 1U);
  ASSERT_EQ(tables[0].changes.size(), 2U);
  EXPECT_EQ(tables[0].changes[0].key, add(3).key);
}

}  // namespace
}  // namespace rowplan::planner
