// Tables without a key: how many of each row, how they are found, and what keeps a row apart.
#include <gtest/gtest.h>

#include "planner/change_values.h"
#include "planner/copy_counts.h"
#include "planner/guessed_free_value.h"
#include "planner/key_choice.h"
#include "planner/keyless_statements.h"
#include "planner/select_sql.h"
#include "planner/statements.h"
#include "planner/unit_steps.h"
#include "planner/value_guard.h"
#include "tests/unit/pair_builder.h"

namespace rowplan::planner {
namespace {

using testing::null;
using testing::number;
using testing::PairBuilder;
using testing::text;

TablePair log_pair() {
  return PairBuilder("log").integer("n", true).text("line", true).unique("n", {"n"}).build();
}

Change copies_of(Op op, PlanValue n, PlanValue line, std::uint64_t count, std::uint64_t had) {
  Change change;
  change.op = op;
  change.on = "b";
  change.chunk = 1;
  change.count = count;
  change.had = had;
  NamedValues& values = op == Op::insert ? change.after : change.before;
  values.emplace_back("n", std::move(n));
  values.emplace_back("line", std::move(line));
  return change;
}

constexpr const char* kRow = "`n` IS NULL AND CAST(`line` AS BINARY)<=>x'61'";

TEST(KeylessStatements, DeleteCopiesByAllTheirValues) {
  const Change change = copies_of(Op::remove, null(), text("a"), 2, 3);
  EXPECT_EQ(delete_copies(log_pair(), change),
            std::string("DELETE FROM `db`.`log` WHERE ") + kRow + " LIMIT 2");
  TablePair filtered = log_pair();
  filtered.job.options.where = "n=1 OR n=2";
  EXPECT_EQ(delete_copies(filtered, change),
            std::string("DELETE FROM `db`.`log` WHERE ") + kRow + " AND (n=1 OR n=2) LIMIT 2");
}

TEST(KeylessStatements, TheViewAsksHowManyThereAre) {
  const std::string had = std::string("=(SELECT n FROM (SELECT COUNT(*) AS n FROM `db`.`log` ") +
                          "WHERE " + kRow + ") AS copies)";
  EXPECT_EQ(delete_copies_if_had(log_pair(), copies_of(Op::remove, null(), text("a"), 2, 3)),
            std::string("DELETE FROM `db`.`log` WHERE ") + kRow + " AND 3" + had + " LIMIT 2");
  EXPECT_EQ(insert_copies_if_had(log_pair(), copies_of(Op::insert, null(), text("a"), 1, 0)),
            "INSERT INTO `db`.`log` (`n`,`line`) SELECT NULL,'a' FROM (SELECT 1) AS d0 WHERE 0" +
                had + " LIMIT 1");
  EXPECT_EQ(insert_copies_if_had(log_pair(), copies_of(Op::insert, null(), text("a"), 3, 1)),
            "INSERT INTO `db`.`log` (`n`,`line`) SELECT NULL,'a' FROM (SELECT 1) AS d0,"
            "(SELECT 1 UNION ALL SELECT 1) AS d1,(SELECT 1 UNION ALL SELECT 1) AS d2 WHERE 1" +
                had + " LIMIT 3");
}

TEST(KeylessStatements, BatchesCountRowsAndNotLines) {
  const TablePair pair = log_pair();
  const Change two = copies_of(Op::insert, null(), text("a"), 2, 0);
  const Change three = copies_of(Op::insert, number(1), null(), 3, 0);
  const std::vector<const Change*> inserts = {&two, &three};
  std::vector<Statement> statements;
  const auto collect = [&](const Statement& statement) { statements.push_back(statement); };
  batch_inserts(pair, inserts, {10000, 4}, collect);
  ASSERT_EQ(statements.size(), 2U);
  EXPECT_EQ(statements[0].rows, 4U);
  EXPECT_EQ(statements[0].sql,
            "INSERT INTO `db`.`log` (`n`,`line`) VALUES (NULL,'a'),(NULL,'a'),(1,NULL),(1,NULL)");
  EXPECT_EQ(statements[1].rows, 1U);

  statements.clear();
  const Change gone = copies_of(Op::remove, null(), text("a"), 2, 2);
  const Change other = copies_of(Op::remove, number(1), null(), 1, 5);
  const std::vector<const Change*> deletes = {&gone, &other};
  batch_deletes(pair, deletes, {10000, 1000}, collect);
  ASSERT_EQ(statements.size(), 2U);
  EXPECT_EQ(statements[0].sql, delete_copies(pair, gone));
  EXPECT_EQ(statements[0].rows, 2U);
  EXPECT_EQ(statements[1].rows, 1U);
}

TEST(KeylessStatements, NoConditionIsEverEmpty) {
  const TablePair pair = log_pair();
  const mysql::Row row = whole_row(pair, copies_of(Op::remove, null(), text("a"), 1, 1));
  EXPECT_EQ(key_equals(pair, Side::target, row), kRow);
  EXPECT_EQ(key_in(pair, Side::target, {row}), std::string("((") + kRow + "))");
  EXPECT_EQ(key_of(pair, row), row);
  EXPECT_EQ(read_columns(pair, Side::target, Wanted::key).size(), 2U);
  EXPECT_THROW(static_cast<void>(whole_row(pair,
                                           [] {
                                             Change change =
                                                 copies_of(Op::remove, null(), null(), 1, 1);
                                             change.before.pop_back();
                                             return change;
                                           }())),
               PlanError);
}

TEST(KeylessSteps, TheHolderOfAUniqueValueGoesFirst) {
  const TablePair pair = log_pair();
  UnitTable table{&pair, {}, {}};
  table.changes = {copies_of(Op::insert, number(1), text("new"), 1, 0),
                   copies_of(Op::remove, number(1), text("old"), 1, 1),
                   copies_of(Op::insert, null(), null(), 2, 0)};
  GuessedFreeValue guesses;
  const auto ordered = order_unit({table}, guesses);
  const auto& steps = std::get<UnitSteps>(ordered).steps;
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].kind, Step::Kind::remove);
  EXPECT_EQ(steps[1].kind, Step::Kind::insert);
  EXPECT_EQ(steps[1].changes, (std::vector<std::size_t>{0, 2}));
}

TEST(KeyChoice, NoKeyOnEitherMemberIsNoFinding) {
  Findings findings;
  TablePair pair = log_pair();
  pair.source.indexes = pair.target.indexes;
  EXPECT_TRUE(choose_key(pair, findings).columns.empty());
  EXPECT_TRUE(findings.empty());
  // A key of one member alone is another matter.
  pair.source.indexes.push_back({"PRIMARY", true, true, {"line"}});
  pair.source.columns[1].nullable = false;
  EXPECT_TRUE(choose_key(pair, findings).columns.empty());
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].code, "key_missing");
}

TEST(ValueGuard, ComparesLongValuesByTheirHash) {
  PairBuilder builder("t");
  builder.text("u").column("l", mysql::TypeFamily::text, {mysql::CellKind::tagged_text});
  builder.last().charset = "latin1";
  builder.column("b", mysql::TypeFamily::bytes, {mysql::CellKind::bytes});
  builder.column("g", mysql::TypeFamily::geometry, {mysql::CellKind::bytes});
  builder.column("v", mysql::TypeFamily::vector, {mysql::CellKind::bytes});
  const TablePair pair = builder.build();
  const std::string many(129, 'a');
  const auto guard = [&](std::size_t column, const std::string& cell) {
    return value_guard(pair.columns[column], cell);
  };
  EXPECT_EQ(guard(0, many).rfind("SHA2(CAST(`u` AS BINARY),256)<=>'", 0), 0U);
  EXPECT_EQ(guard(0, many.substr(1)).find("SHA2"), std::string::npos);
  const std::string latin1 = guard(1, "t" + many);
  EXPECT_EQ(latin1.rfind("SHA2(CAST(CONVERT(`l` USING utf8mb4) AS BINARY),256)<=>'", 0), 0U);
  EXPECT_NE(latin1.find(" AND CAST(CONVERT(CONVERT(`l` USING utf8mb4) USING latin1) AS BINARY)"
                        "<=>CAST(`l` AS BINARY)"),
            std::string::npos);
  EXPECT_EQ(guard(1, "x" + many).rfind("SHA2(CAST(`l` AS BINARY),256)<=>'", 0), 0U);
  EXPECT_EQ(guard(2, many).rfind("SHA2(`b`,256)<=>'", 0), 0U);
  EXPECT_EQ(guard(2, "a"), "`b`<=>x'61'");
  EXPECT_EQ(guard(3, many).rfind("SHA2(`g`,256)<=>'", 0), 0U);
  EXPECT_EQ(guard(3, "a"), "HEX(`g`)<=>'61'");
  EXPECT_EQ(guard(4, many).rfind("HEX(`v`)<=>'6161", 0), 0U);
}

mysql::RowHash hash_of(std::uint64_t number) { return {number, number * 7}; }

TEST(CopyCounts, TellsWhatDiffersInNumber) {
  CopyCounts counts(false);
  for (int i = 0; i < 3; ++i) counts.add(Side::source, hash_of(1));
  counts.add(Side::target, hash_of(1));
  for (const Side side : {Side::source, Side::target})
    for (int i = 0; i < 2; ++i) counts.add(side, hash_of(2));
  counts.add(Side::target, hash_of(3));
  counts.finish();
  EXPECT_EQ(counts.rows(Side::source), 5U);
  EXPECT_EQ(counts.rows(Side::target), 4U);
  const CopyCounts::Differing expected = {{{1, 7}, {3, 1}}, {{3, 21}, {0, 1}}};
  EXPECT_EQ(counts.differing(), expected);
  // Hash 1 once and hash 2 twice are on both sides, and stay.
  const ChunkHash staying{3, 1 + 2 * 2, 7 + 2 * 14};
  EXPECT_EQ(counts.staying(Side::source), staying);
  EXPECT_EQ(counts.staying(Side::target), staying);
  EXPECT_EQ(counts.kept(), 0U);
}

TEST(CopyCounts, ExtraCopiesThatAreKeptDoNotDiffer) {
  CopyCounts counts(true);
  counts.add(Side::source, hash_of(1));
  for (int i = 0; i < 3; ++i) counts.add(Side::target, hash_of(1));
  counts.add(Side::source, hash_of(2));
  counts.finish();
  const CopyCounts::Differing expected = {{{2, 14}, {1, 0}}};
  EXPECT_EQ(counts.differing(), expected);
  EXPECT_EQ(counts.kept(), 2U);
  EXPECT_EQ(counts.staying(Side::source), (ChunkHash{1, 1, 7}));
  EXPECT_EQ(counts.staying(Side::target), (ChunkHash{3, 3, 21}));
}

}  // namespace
}  // namespace rowplan::planner
