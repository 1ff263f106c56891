#include "planner/tombstones.h"
#include "planner/job_digest.h"

#include <gtest/gtest.h>

#include "planner/refusal.h"
#include "planner/resolve.h"
#include "planner/select_sql.h"
#include "tests/unit/pair_builder.h"

namespace rowplan::planner {
namespace {

using mysql::Column;
using mysql::TypeFamily;
using testing::PairBuilder;

Column stamp(unsigned fsp) {
  Column column;
  column.name = "changed";
  column.type = column.data_type = "timestamp";
  column.family = TypeFamily::timestamp;
  column.fsp = fsp;
  column.nullable = false;
  column.default_now = true;
  return column;
}

/// `t` (a, b), stamped to the millisecond, and its tombstones.
TablePair buried_pair() {
  TablePair pair = PairBuilder("t").integer("a").text("b").key(2).build();
  for (PairColumn& column : pair.columns) {
    column.source_read.expression = "`" + column.name + "`";
    pair.order.push_back(mysql::ColumnOrder::bytes);
  }
  pair.index_order = true;
  pair.source.columns.push_back(stamp(3));
  pair.job.options.incremental.emplace().column = "changed";
  pair.job.options.tombstones = {"ops", "gone"};
  mysql::Table& table = pair.tombstones.emplace();
  table.name = {"ops", "gone"};
  table.kind = "BASE TABLE";
  table.columns = {pair.columns[0].source, pair.columns[1].source, stamp(6)};
  table.indexes = {{"PRIMARY", true, true, {"a"}}, {"when", false, true, {"changed", "a"}}};
  return pair;
}

std::string told(const TablePair& pair) {
  Findings findings;
  judge_tombstones(pair, findings);
  std::string codes;
  for (const Finding& finding : findings) {
    EXPECT_EQ(finding.address, "p/db.t");
    codes += (codes.empty() ? "" : " ") + finding.code +
             (finding.severity == Severity::error ? "" : "?");
  }
  return codes;
}

TEST(Tombstones, HoldTheKey) {
  EXPECT_EQ(told(buried_pair()), "");
  TablePair pair = buried_pair();
  pair.tombstones->columns[0].nullable = true;
  EXPECT_EQ(told(pair), "") << "it may serve another table";
  pair.tombstones->columns[0].type = "bigint";
  EXPECT_EQ(told(pair), "tombstones_key");
  pair = buried_pair();
  pair.tombstones->columns[1].collation = "utf8mb4_bin";
  EXPECT_EQ(told(pair), "tombstones_key");
  pair.tombstones->columns.erase(pair.tombstones->columns.begin());
  EXPECT_EQ(told(pair), "tombstones_key tombstones_key");
  pair.tombstones->kind = "VIEW";
  EXPECT_EQ(told(pair), "tombstones_missing");
  pair.tombstones.reset();
  EXPECT_EQ(told(pair), "tombstones_missing");
}

TEST(Tombstones, TellTheTime) {
  const auto with = [](auto change) {
    TablePair pair = buried_pair();
    change(pair.tombstones->columns.back());
    return told(pair);
  };
  EXPECT_EQ(with([](Column& column) { column.fsp = 3; }), "");
  EXPECT_EQ(with([](Column& column) { column.fsp = 2; }), "tombstones_time");
  EXPECT_EQ(with([](Column& column) { column.nullable = true; }), "tombstones_time");
  EXPECT_EQ(with([](Column& column) { column.family = TypeFamily::datetime; }), "tombstones_time");
  EXPECT_EQ(with([](Column& column) { column.name = "at"; }), "tombstones_time");
  EXPECT_EQ(with([](Column& column) { column.default_now = false; }), "tombstones_not_stamped?");
  TablePair pair = buried_pair();
  pair.tombstones->indexes[1].columns = {"a", "changed"};
  EXPECT_EQ(told(pair), "tombstones_no_index");
}

TEST(Tombstones, AreReadInTheOrderOfTheRows) {
  const TablePair pair = buried_pair();
  const Instant low = parse_instant("2026-01-02 03:04:05").value();
  const std::string sql = select_tombstones(pair, low, low + std::chrono::seconds(1), {10, 20});
  EXPECT_EQ(sql,
            "SELECT `a`,`b` FROM `ops`.`gone` FORCE INDEX (`when`) WHERE "
            "`changed`>='2026-01-02 03:04:05.000000' AND `changed`<'2026-01-02 03:04:06.000000' "
            "AND `a` IS NOT NULL AND `b` IS NOT NULL ORDER BY `a`,`b` LIMIT 10 OFFSET 20");
}

TEST(Tombstones, AreSyncedByNameAlone) {
  Manifest manifest;
  PairSpec& spec = manifest.pairs.emplace_back();
  spec.name = "p";
  const auto select = [&](const std::vector<std::string>& globs) {
    spec.tables.clear();
    for (const std::string& text : globs)
      spec.tables.push_back(std::get<TableGlob>(parse_glob(text)));
  };
  TableJob table = buried_pair().job;
  TableJob grave = table;
  grave.source_table = {"ops", "gone"};
  select({"*.*"});
  EXPECT_THROW(refuse_unnamed_tombstones(manifest, {table, grave}), Refusal);
  EXPECT_NO_THROW(refuse_unnamed_tombstones(manifest, {table}));
  select({"db.*", "ops.gone"});
  EXPECT_NO_THROW(refuse_unnamed_tombstones(manifest, {table, grave}));
  select({"*.*"});
  grave.pair = "another";
  EXPECT_NO_THROW(refuse_unnamed_tombstones(manifest, {table, grave}));
}

TEST(Tombstones, BelongToTheJob) {
  const Manifest manifest;
  TableJob job = buried_pair().job;
  const std::string gone = job_sha256(manifest, {job});
  job.options.tombstones = {"ops", "other"};
  const std::string other = job_sha256(manifest, {job});
  job.options.tombstones.reset();
  EXPECT_NE(gone, other);
  EXPECT_NE(job_sha256(manifest, {job}), gone);
  EXPECT_NE(job_sha256(manifest, {job}), other);
}

}  // namespace
}  // namespace rowplan::planner
