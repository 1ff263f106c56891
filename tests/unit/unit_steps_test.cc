#include "planner/unit_steps.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include "planner/guessed_free_value.h"
#include "tests/unit/pair_builder.h"
#include "tests/unit/table_simulation.h"

namespace rowplan::planner {
namespace {

using testing::changes_between;
using testing::insert_of;
using testing::null;
using testing::number;
using testing::PairBuilder;
using testing::remove_of;
using testing::SimulatedRow;
using testing::SimulatedValue;
using testing::TableSimulation;
using testing::text;
using testing::update_of;

class NoFreeValue : public FreeValue {
 public:
  std::optional<std::string> free_value(const TablePair&, const mysql::Index&,
                                        std::size_t) override {
    ++asked;
    return std::nullopt;
  }
  int asked = 0;
};

/// "remove 0:1,2; park 0:3 u=NULL; ..."
std::string described(const std::vector<UnitTable>& unit, const UnitSteps& steps) {
  static const char* const kinds[] = {"remove", "park", "update", "insert"};
  std::string out;
  for (const Step& step : steps.steps) {
    out += out.empty() ? "" : "; ";
    out += kinds[static_cast<int>(step.kind)];
    out += " " + std::to_string(step.table) + ":";
    for (std::size_t i = 0; i < step.changes.size(); ++i)
      out += (i == 0 ? "" : ",") + (*unit[step.table].changes[step.changes[i]].key)[0].data;
    if (step.park)
      out += " " + unit[step.table].pair->columns[step.park->column].name + "=" +
             step.park->literal.value_or("NULL");
  }
  return out + (steps.foreign_keys_off ? "; foreign keys off" : "");
}

std::string order(const std::vector<UnitTable>& unit) {
  GuessedFreeValue guesses;
  const auto ordered = order_unit(unit, guesses);
  if (const auto* failure = std::get_if<UnorderableUnit>(&ordered))
    return "unorderable: " + failure->index;
  return described(unit, std::get<UnitSteps>(ordered));
}

std::string order(const TablePair& pair, const std::vector<Change>& changes) {
  return order({{&pair, changes, {}}});
}

TablePair unique_pair(bool nullable) {
  return PairBuilder("t").integer("id").integer("u", nullable).key().unique("u", {"u"}).build();
}

Change move(std::int64_t id, std::int64_t from, std::int64_t to) {
  return update_of({number(id)}, {{"u", number(from)}}, {{"u", number(to)}});
}
Change add(std::int64_t id, std::int64_t value) {
  return insert_of({number(id)}, {{"id", number(id)}, {"u", number(value)}});
}
Change drop(std::int64_t id, std::int64_t value) {
  return remove_of({number(id)}, {{"id", number(id)}, {"u", number(value)}});
}

TEST(UnitSteps, KindsComeInOrderAndBatches) {
  EXPECT_EQ(order(unique_pair(false),
                  {drop(1, 1), add(2, 2), move(3, 3, 33), drop(4, 4), add(5, 5), move(6, 6, 66)}),
            "remove 0:1,4; update 0:3,6; insert 0:2,5");
  EXPECT_EQ(order(unique_pair(false), {}), "");
}

TEST(UnitSteps, ChainIsWrittenFromItsFreeEnd) {
  EXPECT_EQ(order(unique_pair(false), {move(1, 1, 2), move(2, 2, 3), move(3, 3, 4)}),
            "update 0:3,2,1");
}

TEST(UnitSteps, ValueGoesFromDeleteToUpdateToInsert) {
  EXPECT_EQ(order(unique_pair(false), {add(1, 7), move(2, 7, 8), drop(3, 8)}),
            "remove 0:3; update 0:2; insert 0:1");
}

TEST(UnitSteps, SwapParksANullWhereItMay) {
  EXPECT_EQ(order(unique_pair(true), {move(1, 1, 2), move(2, 2, 1)}),
            "park 0:1 u=NULL; update 0:2; update 0:1");
}

TEST(UnitSteps, SwapParksAFreeValueElse) {
  EXPECT_EQ(order(unique_pair(false), {move(1, 1, 2), move(2, 2, 3), move(3, 3, 1)}),
            "park 0:1 u=-2147483648; update 0:3,2; update 0:1");
}

TEST(UnitSteps, FreeValueIsNotOneOfTheUnit) {
  EXPECT_EQ(order(unique_pair(false), {move(1, 1, -2147483648), move(2, -2147483648, 1)}),
            "park 0:1 u=-2147483647; update 0:2; update 0:1");
}

TEST(UnitSteps, EachCircleIsOpenedOnce) {
  EXPECT_EQ(order(unique_pair(false),
                  {move(1, 1, 2), move(2, 2, 1), move(3, 3, 4), move(4, 4, 3), move(5, 5, 2000)}),
            "update 0:5; park 0:1 u=-2147483648; update 0:2; update 0:1; "
            "park 0:3 u=-2147483647; update 0:4; update 0:3");
}

TEST(UnitSteps, NothingToParkIsTold) {
  const TablePair pair = unique_pair(false);
  NoFreeValue none;
  const std::vector<UnitTable> unit = {{&pair, {move(1, 1, 2), move(2, 2, 1)}, {}}};
  const auto ordered = order_unit(unit, none);
  ASSERT_TRUE(std::holds_alternative<UnorderableUnit>(ordered));
  EXPECT_EQ(std::get<UnorderableUnit>(ordered).table, 0U);
  EXPECT_EQ(std::get<UnorderableUnit>(ordered).index, "u");
  EXPECT_EQ(none.asked, 1);  // a column without a free value is not asked for again
}

TEST(UnitSteps, NullsAreNoValues) {
  const auto change = [](std::int64_t id, const PlanValue& from, const PlanValue& to) {
    return update_of({number(id)}, {{"u", from}}, {{"u", to}});
  };
  EXPECT_EQ(order(unique_pair(true), {change(1, null(), number(1)), change(2, number(1), null()),
                                      change(3, null(), number(3)), change(4, number(4), null())}),
            "update 0:2,1,3,4");
}

TEST(UnitSteps, TextsThatMayBeEqualAreOrdered) {
  const TablePair pair = PairBuilder("t").integer("id").text("u").key().unique("u", {"u"}).build();
  const auto change = [](std::int64_t id, const char* from, const char* to) {
    return update_of({number(id)}, {{"u", text(from)}}, {{"u", text(to)}});
  };
  EXPECT_EQ(order(pair, {change(1, "x", "Name "), change(2, "nAME", "y")}), "update 0:2,1");
  EXPECT_EQ(order(pair, {change(1, "name", "NAME")}), "update 0:1");  // not a circle with itself
  EXPECT_EQ(order(pair, {change(1, "a", "b"), change(2, "b", "a")}),
            "park 0:1 u='~rowplan-1'; update 0:2; update 0:1");
}

TEST(UnitSteps, KeysThatAreSwappedAreParked) {
  const auto change = [](std::int64_t from, std::int64_t to) {
    return update_of({number(from)}, {{"id", number(from)}}, {{"id", number(to)}});
  };
  EXPECT_EQ(order(unique_pair(false), {change(1, 2), change(2, 1)}),
            "park 0:1 id=-2147483648; update 0:2; update 0:1");
  EXPECT_EQ(order(unique_pair(false), {change(1, 2), change(2, 3), drop(3, 3)}),
            "remove 0:3; update 0:2,1");
}

TablePair composite_pair() {
  return PairBuilder("t")
      .integer("id")
      .integer("a")
      .integer("b", true)
      .key()
      .unique("ab", {"a", "b"})
      .build();
}

TEST(UnitSteps, UnknownPartOfAnIndexEqualsEverything) {
  const TablePair pair = composite_pair();
  const auto change = [](std::int64_t id, std::int64_t from, std::int64_t to) {
    return update_of({number(id)}, {{"a", number(from)}}, {{"a", number(to)}});
  };
  const std::vector<Change> changes = {change(1, 1, 2), change(2, 2, 1)};
  EXPECT_EQ(order(pair, changes), "park 0:1 a=-2147483648; update 0:2; update 0:1");

  // With the rows it shows that they never meet.
  const auto row = [](std::int64_t id, std::int64_t a, std::int64_t b) {
    mysql::Row cells;
    for (const std::int64_t value : {id, a, b}) {
      std::string cell;
      mysql::append_integer(cell, false, static_cast<std::uint64_t>(value));
      cells.add(cell);
    }
    return cells;
  };
  EXPECT_EQ(order({{&pair, changes, {row(1, 1, 7), row(2, 2, 8)}}}), "update 0:1,2");
  EXPECT_EQ(order({{&pair, changes, {row(1, 1, 7), row(2, 2, 7)}}}),
            "park 0:1 a=-2147483648; update 0:2; update 0:1");
}

TEST(UnitSteps, ParkedColumnIsOneThatTheUpdateWrites) {
  const TablePair pair = composite_pair();
  const auto change = [](std::int64_t id, std::int64_t from, std::int64_t to) {
    return update_of({number(id)}, {{"b", number(from)}}, {{"b", number(to)}});
  };
  EXPECT_EQ(order(pair, {change(1, 1, 2), change(2, 2, 1)}),
            "park 0:1 b=NULL; update 0:2; update 0:1");
}

TEST(UnitSteps, IndexOverAGeneratedColumnIsLeftToTheServer) {
  const TablePair pair =
      PairBuilder("t").integer("id").integer("u").key().unique("g", {"generated"}).build();
  EXPECT_EQ(order(pair, {move(1, 1, 2), move(2, 2, 1)}), "update 0:1,2");
}

// --- foreign keys

struct Family {
  TablePair child = PairBuilder("child")
                        .integer("id")
                        .integer("parent_id", true)
                        .key()
                        .references({"parent_id"}, "parent", {"id"})
                        .build();
  TablePair parent = PairBuilder("parent")
                         .integer("id")
                         .integer("u")
                         .key()
                         .unique("u", {"u"})
                         .referenced_by("child", {"parent_id"}, {"id"})
                         .build();

  std::string order_of(const std::vector<Change>& children,
                       const std::vector<Change>& parents) const {
    return order({{&child, children, {}}, {&parent, parents, {}}});
  }
};

Change child_row(std::int64_t id, const PlanValue& parent) {
  return insert_of({number(id)}, {{"id", number(id)}, {"parent_id", parent}});
}
Change child_gone(std::int64_t id, const PlanValue& parent) {
  return remove_of({number(id)}, {{"id", number(id)}, {"parent_id", parent}});
}
Change child_moves(std::int64_t id, std::int64_t from, std::int64_t to) {
  return update_of({number(id)}, {{"parent_id", number(from)}}, {{"parent_id", number(to)}});
}

TEST(UnitSteps, ParentsAreInsertedFirstAndDeletedLast) {
  EXPECT_EQ(Family().order_of({child_row(1, number(10)), child_gone(2, number(20))},
                              {add(10, 1), drop(20, 2)}),
            "remove 0:2; remove 1:20; insert 1:10; insert 0:1");
}

TEST(UnitSteps, ChildMovesBetweenANewAndAnOldParent) {
  EXPECT_EQ(Family().order_of({child_moves(1, 20, 10)}, {add(10, 1), drop(20, 2)}),
            "insert 1:10; update 0:1; remove 1:20");
}

TEST(UnitSteps, RenumberedParentParksItsUniqueValue) {
  // The new parent needs the old one's value, and the old one waits for its child to leave.
  EXPECT_EQ(Family().order_of({child_moves(1, 20, 10)}, {add(10, 7), drop(20, 7)}),
            "park 1:20 u=-2147483648; insert 1:10; update 0:1; remove 1:20");
}

TablePair tree_pair() {
  return PairBuilder("tree")
      .integer("id")
      .integer("parent_id", true)
      .key()
      .references({"parent_id"}, "tree", {"id"})
      .referenced_by("tree", {"parent_id"}, {"id"})
      .build();
}

TEST(UnitSteps, TreeIsInsertedFromItsRoot) {
  EXPECT_EQ(order(tree_pair(), {child_row(1, number(3)), child_row(2, number(1)),
                                child_row(3, null()), child_row(4, number(4))}),
            "insert 0:3,1,2,4");  // 4 is its own parent
}

TEST(UnitSteps, TreeIsDeletedLevelByLevel) {
  EXPECT_EQ(order(tree_pair(),
                  {child_gone(1, null()), child_gone(2, number(1)), child_gone(3, number(1)),
                   child_gone(4, number(2)), child_gone(5, number(3)), child_gone(6, null())}),
            "remove 0:4,5,6; remove 0:2,3; remove 0:1");
}

TEST(UnitSteps, CircleOfReferencesTurnsChecksOff) {
  EXPECT_EQ(order(tree_pair(), {child_row(1, number(2)), child_row(2, number(1))}),
            "insert 0:1,2; foreign keys off");
}

TEST(UnitSteps, CircleOfTablesTurnsChecksOff) {
  const auto pair = [](const std::string& table, const std::string& other) {
    return PairBuilder(table)
        .integer("id")
        .integer("parent_id", true)
        .key()
        .references({"parent_id"}, other, {"id"})
        .referenced_by(other, {"parent_id"}, {"id"})
        .build();
  };
  const TablePair staff = pair("staff", "store");
  const TablePair store = pair("store", "staff");
  EXPECT_EQ(
      order({{&staff, {child_row(1, number(1))}, {}}, {&store, {child_row(1, number(1))}, {}}}),
      "insert 0:1; insert 1:1; foreign keys off");
  // Tables in a circle, rows not.
  EXPECT_EQ(order({{&staff, {child_row(1, number(1))}, {}}, {&store, {child_row(1, null())}, {}}}),
            "insert 1:1; insert 0:1");
}

TEST(UnitSteps, ReferencedValuesAreExchangedWithChecksOff) {
  TablePair pair = PairBuilder("t")
                       .integer("id")
                       .integer("u")
                       .key()
                       .unique("u", {"u"})
                       .referenced_by("elsewhere", {"u"}, {"u"})
                       .build();
  EXPECT_EQ(order(pair, {move(1, 1, 2), move(2, 2, 1)}),
            "park 0:1 u=-2147483648; update 0:2; update 0:1; foreign keys off");
}

// --- simulated tables

using Rows = std::vector<SimulatedRow>;

/// Random rows of a table "t" (id, boss, code, a, b), with unique (code), (a, b) and boss a row's
/// id.
class RandomRows {
 public:
  explicit RandomRows(std::uint64_t seed) : random_(seed) {}

  /// `circles`: may bosses be anyone, or only those with a lower id?
  Rows rows(std::int64_t ids, bool nullable, bool circles) {
    std::vector<std::int64_t> present;
    for (std::int64_t id = 1; id <= ids; ++id)
      if (below(4) != 0) present.push_back(id);
    const std::vector<std::int64_t> codes = order_of(static_cast<std::size_t>(ids) + 1);
    std::set<std::pair<std::int64_t, std::int64_t>> taken;
    Rows rows;
    for (std::size_t i = 0; i < present.size(); ++i) {
      SimulatedRow row = {value(present[i]), {}, value(codes[i]), {}, {}};
      const std::size_t bosses = circles ? present.size() : i;
      if (bosses > 0 && below(3) != 0) row[1] = value(present[below(bosses)]);
      if (nullable && below(5) == 0) row[2].reset();
      std::pair<std::int64_t, std::int64_t> ab;
      do {
        ab = {static_cast<std::int64_t>(below(4)),
              static_cast<std::int64_t>(below(present.size()))};
      } while (!taken.insert(ab).second);
      row[3] = value(ab.first);
      row[4] = value(ab.second);
      rows.push_back(std::move(row));
    }
    return rows;
  }

  /// 0, 1, ... in any order.
  std::vector<std::int64_t> order_of(std::size_t count) {
    std::vector<std::int64_t> numbers(count);
    std::iota(numbers.begin(), numbers.end(), 0);
    std::shuffle(numbers.begin(), numbers.end(), random_);
    return numbers;
  }

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

 private:
  static SimulatedValue value(std::int64_t number) { return std::to_string(number); }

  std::mt19937_64 random_;
};

std::vector<mysql::Row> full_rows(const TablePair& pair, const std::vector<Change>& changes,
                                  const Rows& rows) {
  std::vector<mysql::Row> result;
  for (const Change& change : changes) {
    mysql::Row cells;
    for (const SimulatedRow& row : rows) {
      if (row[0] != (*change.key)[0].data) continue;
      for (std::size_t i = 0; i < row.size(); ++i) {
        const auto cell = cell_of(pair, i, row[i] ? text(*row[i]) : null());
        if (cell)
          cells.add(*cell);
        else
          cells.add_null();
      }
    }
    result.push_back(std::move(cells));
  }
  return result;
}

Rows sorted(Rows rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

TEST(UnitStepsProperty, NoStepBreaksARuleAndTheEndIsRight) {
  std::size_t parks = 0;
  std::size_t without_checks = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomRows random(seed);
    const bool nullable = random.below(2) == 0;
    const bool circles = random.below(2) == 0;
    const bool with_rows = random.below(2) == 0;
    const TablePair pair = PairBuilder("t")
                               .integer("id")
                               .integer("boss", true)
                               .integer("code", nullable)
                               .integer("a")
                               .integer("b")
                               .key()
                               .unique("code", {"code"})
                               .unique("ab", {"a", "b"})
                               .references({"boss"}, "t", {"id"})
                               .referenced_by("t", {"boss"}, {"id"})
                               .build();
    const auto ids = static_cast<std::int64_t>(2 + random.below(12));
    const Rows before = random.rows(ids, nullable, circles);
    const Rows after = random.rows(ids, nullable, circles);
    std::vector<UnitTable> unit = {{&pair, changes_between(pair, before, after), {}}};
    if (with_rows) unit[0].target_rows = full_rows(pair, unit[0].changes, before);

    GuessedFreeValue guesses;
    const auto ordered = order_unit(unit, guesses);
    ASSERT_TRUE(std::holds_alternative<UnitSteps>(ordered));
    const auto& steps = std::get<UnitSteps>(ordered);
    EXPECT_TRUE(circles || !steps.foreign_keys_off) << described(unit, steps);
    for (const Step& step : steps.steps) parks += step.kind == Step::Kind::park ? 1 : 0;
    without_checks += steps.foreign_keys_off ? 1 : 0;

    TableSimulation simulation({{&pair, before}});
    const auto problem = simulation.apply(unit, steps);
    ASSERT_FALSE(problem) << *problem << "\n" << described(unit, steps);
    ASSERT_EQ(sorted(simulation.tables()[0].rows), sorted(after)) << described(unit, steps);
  }
  // The seeds above reach what they are for.
  EXPECT_GT(parks, 1000U);
  EXPECT_GT(without_checks, 10U);
}

TEST(UnitStepsProperty, FamiliesOfTwoTables) {
  const Family family;
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomRows random(seed);
    const auto ids = static_cast<std::int64_t>(2 + random.below(8));
    const auto parents = [&] {
      Rows rows;
      for (const SimulatedRow& row : random.rows(ids, false, false))
        rows.push_back({row[0], row[2]});
      return rows;
    };
    const auto children = [&](const Rows& of) {
      Rows rows;
      for (const SimulatedRow& row : random.rows(ids, false, false)) {
        rows.push_back({row[0], std::nullopt});
        if (!of.empty() && random.below(5) != 0) rows.back()[1] = of[random.below(of.size())][0];
      }
      return rows;
    };
    const Rows old_parents = parents();
    const Rows new_parents = parents();
    const Rows old_children = children(old_parents);
    const Rows new_children = children(new_parents);
    const std::vector<UnitTable> unit = {
        {&family.child, changes_between(family.child, old_children, new_children), {}},
        {&family.parent, changes_between(family.parent, old_parents, new_parents), {}}};
    GuessedFreeValue guesses;
    const auto ordered = order_unit(unit, guesses);
    ASSERT_TRUE(std::holds_alternative<UnitSteps>(ordered));
    const auto& steps = std::get<UnitSteps>(ordered);
    EXPECT_FALSE(steps.foreign_keys_off) << described(unit, steps);
    TableSimulation simulation({{&family.child, old_children}, {&family.parent, old_parents}});
    const auto problem = simulation.apply(unit, steps);
    ASSERT_FALSE(problem) << *problem << "\n" << described(unit, steps);
    ASSERT_EQ(sorted(simulation.tables()[0].rows), sorted(new_children));
    ASSERT_EQ(sorted(simulation.tables()[1].rows), sorted(new_parents));
  }
}

TEST(UnitStepsProperty, KeysAndValuesMoveAtOnce) {
  const TablePair pair = unique_pair(false);
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomRows random(seed);
    const std::size_t count = 1 + random.below(9);
    const std::vector<std::int64_t> ids = random.order_of(count + 1);
    const std::vector<std::int64_t> codes = random.order_of(count + 1);
    Rows before;
    Rows after;
    UnitTable table{&pair, {}, {}};
    for (std::size_t i = 0; i < count; ++i) {
      const auto at = static_cast<std::int64_t>(i);
      before.push_back({std::to_string(at), std::to_string(at)});
      after.push_back({std::to_string(ids[i]), std::to_string(codes[i])});
      if (before.back() == after.back()) continue;
      table.changes.push_back(update_of({number(at)}, {}, {}));
      for (std::size_t c = 0; c < 2; ++c) {
        if (before[i][c] == after[i][c]) continue;
        table.changes.back().before.emplace_back(pair.columns[c].name, text(*before[i][c]));
        table.changes.back().after.emplace_back(pair.columns[c].name, text(*after[i][c]));
      }
    }
    const std::vector<UnitTable> unit = {table};
    GuessedFreeValue guesses;
    const auto ordered = order_unit(unit, guesses);
    ASSERT_TRUE(std::holds_alternative<UnitSteps>(ordered));
    const auto& steps = std::get<UnitSteps>(ordered);
    TableSimulation simulation({{&pair, before}});
    const auto problem = simulation.apply(unit, steps);
    ASSERT_FALSE(problem) << *problem << "\n" << described(unit, steps);
    ASSERT_EQ(sorted(simulation.tables()[0].rows), sorted(after)) << described(unit, steps);
  }
}

// --- size

constexpr std::int64_t kMany = 10'000;

std::size_t count_parks(const TablePair& pair, const std::vector<Change>& changes) {
  GuessedFreeValue guesses;
  const auto ordered = order_unit({{&pair, changes, {}}}, guesses);
  std::size_t parks = 0;
  std::size_t written = 0;
  for (const Step& step : std::get<UnitSteps>(ordered).steps)
    (step.kind == Step::Kind::park ? parks : written) += step.changes.size();
  EXPECT_EQ(written, changes.size());
  return parks;
}

TEST(UnitStepsSize, OneLongCircle) {
  std::vector<Change> changes;
  for (std::int64_t i = 0; i < kMany; ++i) changes.push_back(move(i, i, (i + 1) % kMany));
  EXPECT_EQ(count_parks(unique_pair(false), changes), 1U);
}

TEST(UnitStepsSize, ManySwaps) {
  std::vector<Change> changes;
  for (std::int64_t i = 0; i < kMany; ++i) changes.push_back(move(i, i, i ^ 1));
  EXPECT_EQ(count_parks(unique_pair(true), changes), static_cast<std::size_t>(kMany / 2));
}

TEST(UnitStepsSize, ManyUnknownParts) {
  // All rows may meet all others: every one but the last of a half has to be parked, at most.
  std::vector<Change> changes;
  for (std::int64_t i = 0; i < kMany; ++i)
    changes.push_back(update_of({number(i)}, {{"a", number(i % 2)}}, {{"a", number(1 - i % 2)}}));
  EXPECT_LE(count_parks(composite_pair(), changes), static_cast<std::size_t>(kMany));
}

TEST(UnitStepsSize, DeepTree) {
  std::vector<Change> changes;
  for (std::int64_t i = 0; i < kMany; ++i)
    changes.push_back(child_row(i, i == 0 ? null() : number(i - 1)));
  EXPECT_EQ(count_parks(tree_pair(), changes), 0U);
}

}  // namespace
}  // namespace rowplan::planner
