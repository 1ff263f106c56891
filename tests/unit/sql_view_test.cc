#include "planner/sql_view.h"

#include <gtest/gtest.h>

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

struct View {
  std::string sql;
  bool complete = false;

  [[nodiscard]] std::string units() const { return sql.substr(sql.find("\n\n") + 2); }
  [[nodiscard]] bool holds(const std::string& part) const {
    return sql.find(part) != std::string::npos;
  }
};

View view_of(const std::vector<UnitTable>& tables, bool complete = true,
             const std::string& server = "dw") {
  View result;
  SqlView view([&](std::string_view part) { result.sql += part; }, server, complete);
  PlanUnit unit;
  unit.id = 3;
  unit.chunks = 2;
  for (const UnitTable& table : tables) unit.changes += table.changes.size();
  view.add_unit(unit, tables);
  result.complete = view.complete();
  return result;
}

TablePair pair_named(const std::string& table) {
  return PairBuilder(table).integer("id").text("u", true).key().unique("u", {"u"}).build();
}

Change rename(std::int64_t id, const std::string& from, const std::string& to) {
  return update_of({number(id)}, {{"u", text(from)}}, {{"u", text(to)}});
}

TEST(SqlView, SessionIsSetBeforeAnythingElse) {
  const View view = view_of({});
  const std::string statements = view.sql.substr(view.sql.find("\nSET") + 1);
  EXPECT_EQ(statements,
            "SET NAMES utf8mb4;\n"
            "SET SESSION "
            "sql_mode='STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';\n"
            "SET SESSION time_zone='+00:00';\n"
            "SET SESSION sql_safe_updates=0;\n"
            "SET SESSION foreign_key_checks=1;\n"
            "SET SESSION unique_checks=1;\n"
            "SET SESSION completion_type='NO_CHAIN';\n"
            "SET SESSION autocommit=0;\n"
            "\n"
            "-- unit 3: 2 chunks, 0 changes\n"
            "START TRANSACTION;\n"
            "COMMIT;\n");
  EXPECT_TRUE(view.complete);
  EXPECT_FALSE(view.holds("SIGNAL"));
}

TEST(SqlView, ViaSourceLogsStatements) {
  const TablePair pair =
      PairBuilder("t").integer("id").integer("v", true).key().via_source().build();
  const View view = view_of({{&pair,
                              {update_of({number(1)}, {{"v", number(2)}}, {{"v", number(3)}}),
                               insert_of({number(4)}, {{"id", number(4)}, {"v", null()}})},
                              {}}});
  EXPECT_EQ(
      view.units(),
      "-- unit 3: 2 chunks, 2 changes\n"
      "-- changes no row here, but on a replica: wait until it has this before what follows\n"
      "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;\n"
      "SET SESSION binlog_format='STATEMENT';\n"
      "START TRANSACTION;\n"
      "UPDATE `db`.`t` SET `v`=3 WHERE `id`=1 AND `v`<=>2;\n"
      "INSERT INTO `db`.`t` (`id`,`v`) SELECT 4,NULL FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM "
      "`db`.`t` WHERE `id`=4);\n"
      "COMMIT;\n"
      "SET SESSION binlog_format=@@GLOBAL.binlog_format;\n");
}

TEST(SqlView, UnitIsOneTransactionOfGuardedRowsInOrder) {
  const TablePair pair = pair_named("t");
  const View view = view_of({{&pair,
                              {rename(1, "a", "b"), rename(2, "b", "a"),
                               insert_of({number(4)}, {{"id", number(4)}, {"u", text("it's")}}),
                               remove_of({number(5)}, {{"id", number(5)}, {"u", text("it's")}})},
                              {}}});
  EXPECT_EQ(
      view.units(),
      "-- unit 3: 2 chunks, 4 changes\n"
      "START TRANSACTION;\n"
      "DELETE FROM `db`.`t` WHERE `id`=5 AND `id`<=>5 AND CAST(`u` AS BINARY)<=>x'69742773';\n"
      "INSERT INTO `db`.`t` (`id`,`u`) SELECT 4,_utf8mb4 x'69742773' FROM DUAL WHERE NOT "
      "EXISTS (SELECT 1 FROM `db`.`t` WHERE `id`=4);\n"
      "UPDATE `db`.`t` SET `u`=NULL WHERE `id`=1 AND CAST(`u` AS BINARY)<=>x'61';\n"
      "UPDATE `db`.`t` SET `u`='a' WHERE `id`=2 AND CAST(`u` AS BINARY)<=>x'62';\n"
      "UPDATE `db`.`t` SET `u`='b' WHERE `id`=1 AND `u` IS NULL;\n"
      "COMMIT;\n");
}

TEST(SqlView, WithheldValuesMakeItFail) {
  const TablePair pair = pair_named("t");
  Change secret = rename(1, "a", "b");
  secret.after[0].second = {PlanValue::Form::hmac, "00ff", 0};
  for (const bool known : {false, true}) {
    const View view = view_of({{&pair, {secret, rename(2, "c", "d")}, {}}}, !known);
    EXPECT_FALSE(view.complete);
    const std::size_t fails = view.sql.find("SIGNAL SQLSTATE '45000'");
    ASSERT_NE(fails, std::string::npos);
    EXPECT_LT(fails, known ? view.sql.find("SET NAMES") : view.sql.find("START TRANSACTION"));
    EXPECT_FALSE(view.holds("`id`=1"));
    EXPECT_TRUE(view.holds("ROLLBACK;"));
    EXPECT_FALSE(view.holds("COMMIT;"));
  }
}

TEST(SqlView, ValuesNeverLeaveTheirLine) {
  const TablePair pair = PairBuilder("t")
                             .integer("id")
                             .text("u")
                             .column("b", TypeFamily::bytes, {CellKind::bytes})
                             .key()
                             .build();
  std::string every;
  for (int byte = 0; byte < 128; ++byte) every += static_cast<char>(byte);
  std::string all_bytes;
  for (int byte = 0; byte < 256; ++byte) all_bytes += static_cast<char>(byte);
  const NamedValues row = {
      {"id", number(1)}, {"u", text(every + "\xC3\xA9\xE2\x80\xA8")}, {"b", hex(all_bytes)}};
  const View view =
      view_of({{&pair, {insert_of({number(1)}, row), remove_of({number(2)}, row)}, {}}}, true,
              "d\nw\x1B[31m\xC3\xA9");
  for (const char c : view.sql) EXPECT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7F)) << int{c};
  EXPECT_EQ(std::count(view.sql.begin(), view.sql.end(), '\n'), 17);
  EXPECT_TRUE(view.holds("server d%0Aw%1B%5B31m%C3%A9,"));
}

TEST(SqlView, NamesWithControlCharactersAreLeftOut) {
  const TablePair bad = pair_named("t\n\\! touch x");
  const TablePair good = pair_named("t");
  const View view =
      view_of({{&good, {rename(1, "a", "b")}, {}}, {&bad, {rename(2, "c", "d")}, {}}});
  EXPECT_FALSE(view.complete);
  EXPECT_FALSE(view.holds("touch"));
  EXPECT_TRUE(view.holds("ROLLBACK;"));
  for (const char* name : {"\x7F", "\xC2\x85", "a\rb", "\xFF"}) {
    PairBuilder builder("t");
    builder.integer("id").key().text("u").last().name = name;
    const TablePair pair = builder.build();
    EXPECT_FALSE(view_of({{&pair, {rename(1, "a", "b")}, {}}}).complete);
  }
  const TablePair foreign = pair_named("\xE0\xA4\x9C`x");
  const View named = view_of({{&foreign, {rename(1, "a", "b")}, {}}});
  EXPECT_TRUE(named.complete);
  EXPECT_TRUE(named.holds("UPDATE `db`.`\xE0\xA4\x9C``x` SET"));
}

TEST(SqlView, IndexZeroLeavesStrictModeForOneStatement) {
  const TablePair pair = PairBuilder("t")
                             .integer("id")
                             .column("e", TypeFamily::enumeration, {CellKind::label})
                             .key()
                             .build();
  const View view = view_of({{&pair,
                              {insert_of({number(1)}, {{"id", number(1)}, {"e", hex("")}}),
                               insert_of({number(2)}, {{"id", number(2)}, {"e", text("a")}})},
                              {}}});
  const std::size_t lenient = view.sql.find("sql_mode='NO_AUTO");
  const std::size_t strict = view.sql.find("sql_mode='STRICT", lenient);
  EXPECT_LT(lenient, view.sql.find("SELECT 1,0 FROM"));
  EXPECT_LT(view.sql.find("SELECT 1,0 FROM"), strict);
  EXPECT_LT(strict, view.sql.find("SELECT 2,'a' FROM"));
}

TEST(SqlView, CircleOfReferencesIsWrittenWithoutChecks) {
  const TablePair pair =
      PairBuilder("t").integer("id").integer("up").key().references({"up"}, "t", {"id"}).build();
  const auto row = [](std::int64_t id, std::int64_t up) {
    return insert_of({number(id)}, {{"id", number(id)}, {"up", number(up)}});
  };
  const View view = view_of({{&pair, {row(1, 2), row(2, 1)}, {}}});
  EXPECT_LT(view.sql.find("foreign_key_checks=0"), view.sql.find("START TRANSACTION"));
  EXPECT_LT(view.sql.find("COMMIT"), view.sql.rfind("foreign_key_checks=1"));
}

TEST(SqlView, UnitThatNothingOrdersIsLeftOut) {
  const TablePair pair = PairBuilder("t")
                             .integer("id")
                             .column("f", TypeFamily::real, {CellKind::real})
                             .key()
                             .unique("f", {"f"})
                             .build();
  const auto change = [](std::int64_t id, const char* from, const char* to) {
    return update_of({number(id)}, {{"f", text(from)}}, {{"f", text(to)}});
  };
  TablePair not_null = pair;
  not_null.columns[1].target.nullable = false;
  const View view = view_of({{&not_null, {change(1, "1", "2"), change(2, "2", "1")}, {}}});
  EXPECT_FALSE(view.complete);
  EXPECT_TRUE(view.holds("left out: rows of db.t exchange values of the unique index f\nSIGNAL"));
  EXPECT_FALSE(view.holds("UPDATE"));
}

TEST(SqlView, JsonOfTwoVendorsIsSaidToBeUnguarded) {
  CellType json{CellKind::json};
  json.canonical = true;
  const TablePair pair =
      PairBuilder("t").integer("id").column("j", TypeFamily::json, json).key().build();
  const View view =
      view_of({{&pair, {update_of({number(1)}, {{"j", text("1")}}, {{"j", text("2")}})}, {}}});
  EXPECT_TRUE(
      view.holds("-- not guarded: JSON column j of db.t\n"
                 "UPDATE `db`.`t` SET `j`='2' WHERE `id`=1;\n"));
}

}  // namespace
}  // namespace rowplan::planner
