// A unit of two-way tables, taken apart by members; no server is asked.
#include "executor/unit_members.h"

#include <gtest/gtest.h>

#include <memory>

#include "executor/table_locks.h"
#include "planner/plan_error.h"
#include "tests/unit/pair_builder.h"

namespace rowplan::executor {
namespace {

using planner::Change;
using planner::Op;
using planner::TablePair;
using planner::testing::insert_of;
using planner::testing::number;
using planner::testing::PairBuilder;
using planner::testing::remove_of;
using planner::testing::text;

/// A table of these members, the first of them the hub.
TablePair pair_of(const std::string& table, const std::vector<std::string>& members) {
  TablePair pair = PairBuilder(table).integer("id").text("v").key().build();
  pair.job.direction = planner::Direction::two_way;
  auto views = std::make_shared<std::vector<TablePair>>();
  for (const std::string& member : members) {
    TablePair& view = views->emplace_back(pair);
    view.job.source = member == members.front() ? members.back() : members.front();
    view.job.target = member;
  }
  pair.views = std::move(views);
  return pair;
}

planner::PlanTable plan_table(const TablePair& pair) {
  planner::PlanTable table;
  table.address = pair.job.address;
  table.baseline.emplace();
  for (const TablePair& view : *pair.views) table.members[view.job.target] = "db.t";
  return table;
}

Change on(const std::string& member, Change change) {
  change.on = member;
  return change;
}

Change conflict_of(int key) {
  Change change = on("", insert_of({number(key)}, {}));
  change.op = Op::conflict;
  change.conflict.emplace();
  return change;
}

std::vector<std::string> keys(const std::vector<Change>& changes) {
  std::vector<std::string> found;
  for (const Change& change : changes) found.push_back((*change.key)[0].data + " " + change.on);
  return found;
}
using Keys = std::vector<std::string>;

TEST(UnitMembers, EachHasItsChangesAndThoseOfOthersBeside) {
  const TablePair pair = pair_of("t", {"hq", "east", "west"});
  const planner::PlanTable table = plan_table(pair);
  const planner::PlanChunk chunk;
  UnitWork unit;
  unit.id = 7;
  unit.parts = {{7, 2}, {9, 1}};
  unit.tables.push_back({&table, &pair, {&chunk}, {}, {}, {}, false});
  unit.tables[0].changes = {on("west", insert_of({number(1)}, {})), conflict_of(2),
                            on("hq", remove_of({number(2)}, {})),
                            on("west", remove_of({number(2)}, {}))};
  const std::vector<UnitMember> members = members_of(unit);
  ASSERT_EQ(members.size(), 3U);
  EXPECT_EQ(members[0].server, "hq");
  EXPECT_EQ(members[1].server, "east");
  EXPECT_EQ(members[2].server, "west");
  for (std::size_t m = 0; m < members.size(); ++m) {
    const UnitWork& work = members[m].work;
    EXPECT_EQ(work.id, 7U);
    EXPECT_EQ(work.parts.size(), 2U);
    ASSERT_EQ(work.tables.size(), 1U);
    EXPECT_EQ(work.tables[0].pair, &(*pair.views)[m]);
    EXPECT_EQ(work.tables[0].chunks, unit.tables[0].chunks);
  }
  EXPECT_EQ(keys(members[0].work.tables[0].changes), (Keys{"2 hq"}));
  EXPECT_EQ(keys(members[0].work.tables[0].others), (Keys{"1 west", "2 ", "2 west"}));
  EXPECT_TRUE(members[0].is_written());
  EXPECT_TRUE(members[1].work.tables[0].changes.empty());
  EXPECT_EQ(members[1].work.tables[0].others.size(), 4U);
  EXPECT_FALSE(members[1].is_written());
  EXPECT_EQ(keys(members[2].work.tables[0].changes), (Keys{"1 west", "2 west"}));
  EXPECT_EQ(members[2].work.ops().at(pair.job.address).insert, 1U);
  EXPECT_EQ(unit.ops().at(pair.job.address).remove, 2U);
}

TEST(UnitMembers, ConflictsAloneWriteNobody) {
  const TablePair pair = pair_of("t", {"hq", "east"});
  const planner::PlanTable table = plan_table(pair);
  UnitWork unit;
  unit.tables.push_back({&table, &pair, {}, {conflict_of(2)}, {}, {}, false});
  for (const UnitMember& member : members_of(unit)) EXPECT_FALSE(member.is_written());
}

TEST(UnitMembers, TablesOfTwoPairsMeetOnTheServersThatTheyShare) {
  const TablePair first = pair_of("a", {"hq", "east"});
  const TablePair second = pair_of("b", {"hq", "west"});
  const planner::PlanTable first_table = plan_table(first);
  const planner::PlanTable second_table = plan_table(second);
  UnitWork unit;
  unit.tables.push_back({&first_table, &first, {}, {}, {}, {}, false});
  unit.tables.push_back({&second_table, &second, {}, {}, {}, {}, false});
  EXPECT_EQ(unit.servers(), (std::vector<std::string>{"hq", "east", "west"}));
  const std::vector<UnitMember> members = members_of(unit);
  ASSERT_EQ(members.size(), 3U);
  EXPECT_EQ(members[0].work.tables.size(), 2U);
  EXPECT_EQ(members[1].work.tables.size(), 1U);
  EXPECT_EQ(members[2].work.tables.size(), 1U);
}

TEST(UnitMembers, OtherMembersThanThePlansAreNone) {
  const TablePair pair = pair_of("t", {"hq", "east"});
  UnitWork unit;
  planner::PlanTable more = plan_table(pair);
  more.members["west"] = "db.t";
  unit.tables.push_back({&more, &pair, {}, {}, {}, {}, false});
  EXPECT_THROW(static_cast<void>(members_of(unit)), planner::PlanError);
  planner::PlanTable other = plan_table(pair);
  other.members = {{"hq", "db.t"}, {"west", "db.t"}};
  unit.tables[0].table = &other;
  EXPECT_THROW(static_cast<void>(members_of(unit)), planner::PlanError);
}

TEST(UnitMembers, TablesAreLockedWhereTheyAreWritten) {
  planner::PlanTable table = plan_table(pair_of("t", {"hq", "east", "west"}));
  table.chunks.emplace_back();
  table.on["hq"].ops.conflict = 3;
  table.on["east"].ops.remove = 1;
  EXPECT_EQ(written_servers(table), (std::vector<std::string>{"east"}));
  planner::PlanTable one_way;
  one_way.target = "dw";
  EXPECT_TRUE(written_servers(one_way).empty());
  one_way.chunks.emplace_back();
  EXPECT_EQ(written_servers(one_way), (std::vector<std::string>{"dw"}));
}

}  // namespace
}  // namespace rowplan::executor
