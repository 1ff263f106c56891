#include "planner/statements.h"

#include <gtest/gtest.h>

#include "planner/select_sql.h"
#include "planner/value_guard.h"
#include "tests/unit/pair_builder.h"

namespace rowplan::planner {
namespace {

using mysql::CellKind;
using mysql::CellType;
using mysql::TypeFamily;
using testing::hex;
using testing::insert_of;
using testing::null;
using testing::number;
using testing::PairBuilder;
using testing::remove_of;
using testing::text;
using testing::update_of;

TablePair simple_pair() { return PairBuilder("t").integer("id").text("name", true).key().build(); }

std::vector<const Change*> pointers(const std::vector<Change>& changes) {
  std::vector<const Change*> result;
  for (const Change& change : changes) result.push_back(&change);
  return result;
}

Change row(std::int64_t id, const std::string& name) {
  return insert_of({number(id)}, {{"id", number(id)}, {"name", text(name)}});
}

TEST(Statements, InsertWritesRowsInOrderAndValuesSafely) {
  const std::vector<Change> changes = {
      row(2, "it's"), insert_of({number(1)}, {{"name", null()}, {"id", number(1)}})};
  EXPECT_EQ(insert_statement(simple_pair(), pointers(changes)),
            "INSERT INTO `db`.`t` (`id`,`name`) VALUES (2,_utf8mb4 x'69742773'),(1,NULL)");
}

TEST(Statements, NamesAreTheTargets) {
  PairBuilder builder("t");
  builder.integer("id").key().text("Name").last().name = "na`me";
  const Change change = update_of({number(1)}, {{"Name", text("a")}}, {{"Name", text("b")}});
  EXPECT_EQ(update_statement(builder.build(), change),
            "UPDATE `db`.`t` SET `na``me`='b' WHERE `id`=1");
}

TEST(Statements, GuardedInsertLooksForTheKey) {
  EXPECT_EQ(insert_if_absent(simple_pair(), row(5, "a")),
            "INSERT INTO `db`.`t` (`id`,`name`) SELECT 5,'a' FROM DUAL WHERE NOT EXISTS (SELECT 1 "
            "FROM `db`.`t` WHERE `id`=5)");
}

TEST(Statements, InsertLooksForEveryUniqueValue) {
  const TablePair pair = PairBuilder("t")
                             .integer("id")
                             .text("name", true)
                             .integer("u", true)
                             .key()
                             .unique("both", {"name", "u"})
                             .unique("u", {"u"})
                             .via_source()
                             .build();
  const auto change = [](const PlanValue& name, const PlanValue& u) {
    return insert_of({number(5)}, {{"id", number(5)}, {"name", name}, {"u", u}});
  };
  const std::string absent = " WHERE NOT EXISTS (SELECT 1 FROM `db`.`t` WHERE `id`=5)";
  EXPECT_EQ(insert_if_free(pair, change(text("a"), number(7))),
            "INSERT INTO `db`.`t` (`id`,`name`,`u`) SELECT 5,'a',7 FROM DUAL" + absent +
                " AND NOT EXISTS (SELECT 1 FROM `db`.`t` WHERE `name`='a' AND `u`=7)"
                " AND NOT EXISTS (SELECT 1 FROM `db`.`t` WHERE `u`=7)");
  EXPECT_EQ(insert_if_free(pair, change(text("a"), null())),
            "INSERT INTO `db`.`t` (`id`,`name`,`u`) SELECT 5,'a',NULL FROM DUAL" + absent);
}

TEST(Statements, DeleteTakesManyKeys) {
  const std::vector<Change> changes = {remove_of({number(1)}, {}), remove_of({number(7)}, {})};
  EXPECT_EQ(delete_statement(simple_pair(), pointers(changes)),
            "DELETE FROM `db`.`t` WHERE `id` IN (1,7)");
}

TEST(Statements, DeleteIsGuardedByTheWholeRow) {
  const Change change = remove_of({number(1)}, {{"id", number(1)}, {"name", null()}});
  EXPECT_EQ(delete_statement(simple_pair(), change, {Guard::old_values, {}}),
            "DELETE FROM `db`.`t` WHERE `id`=1 AND `id`<=>1 AND `name` IS NULL");
}

TEST(Statements, UpdateIsGuardedByBytesOfChangedColumns) {
  const Change change = update_of({number(1)}, {{"name", text("a")}}, {{"name", text("A")}});
  EXPECT_EQ(update_statement(simple_pair(), change, {Guard::old_values, {}}),
            "UPDATE `db`.`t` SET `name`='A' WHERE `id`=1 AND CAST(`name` AS BINARY)<=>x'61'");
}

TEST(Statements, UpdateKeepsStampsThatItDoesNotWrite) {
  PairBuilder builder("t");
  builder.integer("id").key().text("name");
  builder.column("stamp", TypeFamily::timestamp, {CellKind::datetime}).last().on_update_now = true;
  TablePair pair = builder.build();
  mysql::Column ignored = pair.target.columns.back();
  ignored.name = "not compared";
  pair.target.columns.push_back(ignored);
  mysql::Column generated = ignored;
  generated.name = "generated";
  generated.generated = true;
  pair.target.columns.push_back(generated);

  const Change name = update_of({number(1)}, {{"name", text("a")}}, {{"name", text("b")}});
  EXPECT_EQ(update_statement(pair, name),
            "UPDATE `db`.`t` SET `name`='b',`stamp`=`stamp`,`not compared`=`not compared` WHERE "
            "`id`=1");
  const Change stamp = update_of({number(1)}, {{"stamp", text("2001-01-01 00:00:00")}},
                                 {{"stamp", text("2002-02-02 00:00:00")}});
  EXPECT_EQ(update_statement(pair, stamp),
            "UPDATE `db`.`t` SET `stamp`='2002-02-02 00:00:00',`not compared`=`not compared` WHERE "
            "`id`=1");
  EXPECT_EQ(park_statement(pair, name, {1, "'~'"}),
            "UPDATE `db`.`t` SET `name`='~',`stamp`=`stamp`,`not compared`=`not compared` WHERE "
            "`id`=1");
}

TEST(Statements, ParkedRowIsFoundByItsParkedValues) {
  const TablePair pair = simple_pair();
  const Change change = update_of({number(1)}, {{"id", number(1)}, {"name", text("a")}},
                                  {{"id", number(2)}, {"name", text("b")}});
  const std::vector<Parked> parked = {{0, "-9"}, {1, std::nullopt}};
  EXPECT_EQ(update_statement(pair, change, {Guard::old_values, parked}),
            "UPDATE `db`.`t` SET `id`=2,`name`='b' WHERE `id`=-9 AND `id`<=>-9 AND `name` IS NULL");
  EXPECT_EQ(park_statement(pair, change, parked[1], {Guard::none, {parked.data(), 1}}),
            "UPDATE `db`.`t` SET `name`=NULL WHERE `id`=-9");
}

TEST(Statements, KeysBeforeAndAfter) {
  const TablePair pair = PairBuilder("t").integer("a").integer("b").text("c").key(2).build();
  const Change update = update_of({number(1), number(2)}, {{"b", number(2)}}, {{"b", number(3)}});
  EXPECT_EQ(key_equals(pair, Side::target, *key_row(pair, update)), "`a`=1 AND `b`=2");
  EXPECT_EQ(key_equals(pair, Side::target, *after_key_row(pair, update)), "`a`=1 AND `b`=3");
  EXPECT_EQ(*after_key_row(pair, remove_of({number(1), number(2)}, {})), *key_row(pair, update));
  Change keyless = update;
  keyless.key.reset();
  EXPECT_FALSE(key_row(pair, keyless));
  EXPECT_FALSE(after_key_row(pair, keyless));
}

TEST(Statements, ChangesThatDoNotFitTheTableAreRefused) {
  const TablePair pair = simple_pair();
  const Change not_a_number = row(1, "a");
  Change broken = not_a_number;
  broken.after[0].second = text("1; DROP TABLE t");
  EXPECT_THROW((void)insert_if_absent(pair, broken), PlanError);
  broken = not_a_number;
  broken.after.pop_back();
  EXPECT_THROW((void)insert_if_absent(pair, broken), PlanError);
  broken.after.emplace_back("other", text("x"));
  EXPECT_THROW((void)insert_if_absent(pair, broken), PlanError);
  const auto update = [&](std::vector<PlanValue> key) {
    return update_statement(pair, update_of(std::move(key), {}, {{"name", text("b")}}));
  };
  EXPECT_THROW((void)update({null()}), PlanError);
  EXPECT_THROW((void)update({number(1), number(2)}), PlanError);
  EXPECT_THROW((void)update_statement(pair, update_of({number(1)}, {}, {})), PlanError);
  try {
    (void)update({null()});
  } catch (const PlanError& error) {
    EXPECT_EQ(error.path(), "changes/p/db.t.ndjson");
  }
}

TEST(StatementsDeath, WithheldValuesAreTheCallersBug) {
  const TablePair pair = simple_pair();
  Change change = row(1, "a");
  change.after[1].second = {PlanValue::Form::hmac, "00ff", 0};
  EXPECT_TRUE(is_withheld(change));
  EXPECT_DEATH((void)insert_if_absent(pair, change), "is_withheld");
}

TEST(Statements, LenientModeIsForIndexZeroOnly) {
  const TablePair pair = PairBuilder("t")
                             .integer("id")
                             .column("e", TypeFamily::enumeration, {CellKind::label})
                             .key()
                             .build();
  const auto change = [](const PlanValue& value) {
    return insert_of({number(1)}, {{"id", number(1)}, {"e", value}});
  };
  EXPECT_TRUE(needs_lenient_mode(pair, change(hex(""))));
  EXPECT_FALSE(needs_lenient_mode(pair, change(text(""))));
  EXPECT_FALSE(needs_lenient_mode(pair, change(null())));
}

TEST(Statements, BatchesRespectRowsBytesAndMode) {
  const TablePair pair = PairBuilder("t")
                             .integer("id")
                             .text("name")
                             .column("e", TypeFamily::enumeration, {CellKind::label})
                             .key()
                             .build();
  const auto change = [](std::int64_t id, std::size_t length, const PlanValue& label) {
    return insert_of({number(id)},
                     {{"id", number(id)}, {"name", text(std::string(length, 'a'))}, {"e", label}});
  };
  const std::vector<Change> changes = {change(1, 1, text("x")), change(2, 1, text("x")),
                                       change(3, 1, text("x")), change(4, 500, text("x")),
                                       change(5, 1, hex("")),   change(6, 1, text("x"))};
  std::vector<Statement> statements;
  const auto sink = [&](const Statement& statement) { statements.push_back(statement); };
  batch_inserts(pair, pointers(changes), {200, 2}, sink);
  std::vector<std::size_t> rows;
  std::vector<bool> lenient;
  for (const Statement& statement : statements) {
    rows.push_back(statement.rows);
    lenient.push_back(statement.lenient);
    EXPECT_TRUE(statement.rows == 1 || statement.sql.size() <= 200) << statement.sql;
  }
  EXPECT_EQ(rows, (std::vector<std::size_t>{2, 1, 1, 1, 1}));
  EXPECT_EQ(lenient, (std::vector<bool>{false, false, false, true, false}));
  EXPECT_EQ(statements[0].sql, insert_statement(pair, Changes(pointers(changes)).first(2)));
}

TEST(Statements, BatchedDeletesStayUnderTheLimitAndLoseNoRow) {
  const TablePair one = simple_pair();
  const TablePair two = PairBuilder("t").integer("id").text("name").key(2).build();
  for (const TablePair* pair : {&one, &two}) {
    std::vector<Change> changes;
    for (std::int64_t i = 0; i < 500; ++i) {
      std::vector<PlanValue> key = {number(i * 1000)};
      if (pair == &two) key.push_back(text("k"));
      changes.push_back(remove_of(std::move(key), {}));
    }
    std::size_t rows = 0;
    std::size_t statements = 0;
    batch_deletes(*pair, pointers(changes), {700, 1000}, [&](const Statement& statement) {
      EXPECT_LE(statement.sql.size(), 700U);
      const auto first = changes.begin() + static_cast<std::ptrdiff_t>(rows);
      const std::vector<Change> batch(first, first + static_cast<std::ptrdiff_t>(statement.rows));
      EXPECT_EQ(statement.sql, delete_statement(*pair, pointers(batch)));
      rows += statement.rows;
      ++statements;
    });
    EXPECT_EQ(rows, 500U);
    EXPECT_LT(statements, 60U);
  }
}

struct GuardCase {
  TypeFamily family;
  CellType type;
  PlanValue value;
  const char* sql;
};

CellType type_of(CellKind kind, bool flag = false) {
  CellType type{kind};
  if (kind == CellKind::label) type.is_set = flag;
  if (kind == CellKind::json) type.canonical = flag;
  if (kind == CellKind::decimal) type.scale = 2;
  return type;
}

TEST(ValueGuard, ComparesEachTypeExactly) {
  const std::vector<GuardCase> cases = {
      {TypeFamily::decimal, type_of(CellKind::decimal), text("1.50"), "`c`<=>1.50"},
      {TypeFamily::real, type_of(CellKind::real), text("0.5"), "`c`<=>0.5e0"},
      {TypeFamily::year, type_of(CellKind::year), text("0000"), "`c`<=>'0000'"},
      {TypeFamily::text, type_of(CellKind::text), text("a "), "CAST(`c` AS BINARY)<=>x'6120'"},
      {TypeFamily::text, type_of(CellKind::tagged_text), text("\xC3\xA9"),
       "CAST(`c` AS BINARY)<=>CAST(CONVERT(_utf8mb4 x'C3A9' USING latin1) AS BINARY)"},
      {TypeFamily::text, type_of(CellKind::tagged_text), hex("\xFF"),
       "CAST(`c` AS BINARY)<=>x'FF'"},
      {TypeFamily::bytes, type_of(CellKind::bytes), hex("a"), "`c`<=>x'61'"},
      {TypeFamily::enumeration, type_of(CellKind::label), text("a"),
       "CAST(CONVERT(`c` USING utf8mb4) AS BINARY)<=>x'61'"},
      {TypeFamily::enumeration, type_of(CellKind::label), text(""),
       "CAST(CONVERT(`c` USING utf8mb4) AS BINARY)<=>x'' AND CAST(`c` AS UNSIGNED)<>0"},
      {TypeFamily::enumeration, type_of(CellKind::label), hex(""), "CAST(`c` AS UNSIGNED)=0"},
      {TypeFamily::set, type_of(CellKind::label, true), text(""), "CAST(`c` AS UNSIGNED)=0"},
      {TypeFamily::set, type_of(CellKind::label, true), null(), "`c` IS NULL"},
      {TypeFamily::json, type_of(CellKind::json), text("1"),
       "CAST(CAST(`c` AS CHAR CHARACTER SET utf8mb4) AS BINARY)<=>x'31'"},
      {TypeFamily::json, type_of(CellKind::json, true), text("1"), ""},
      {TypeFamily::json, type_of(CellKind::json, true), null(),
       "CAST(CAST(`c` AS CHAR CHARACTER SET utf8mb4) AS BINARY) IS NULL"},
  };
  for (const GuardCase& tried : cases) {
    PairBuilder builder("t");
    builder.column("c", tried.family, tried.type).last().charset = "latin1";
    const TablePair pair = builder.build();
    EXPECT_EQ(value_guard(pair.columns[0], cell_of(pair, 0, tried.value)), tried.sql);
  }
}

}  // namespace
}  // namespace rowplan::planner
