// Conflicts as lines, and plans in which they are decided.
#include "planner/plan_resolve.h"

#include <gtest/gtest.h>

#include "planner/baseline_moves.h"
#include "planner/baseline_rows.h"
#include "planner/chunk_hash.h"
#include "planner/plan_error.h"
#include "planner/refusal.h"
#include "tests/unit/sample_plan.h"

namespace rowplan::planner {
namespace {

using namespace sample;  // NOLINT: made for these tests

namespace fs = std::filesystem;

NamedValues row(const std::string& id, const std::string& name, const std::string& at) {
  return {{"id", text_value(id)}, {"name", text_value(name)}, {"at", text_value(at)}};
}

using MaybeRow = std::optional<NamedValues>;

Change open_conflict(const std::string& id, MaybeRow hq, MaybeRow dw) {
  Change change;
  change.op = Op::conflict;
  change.chunk = 1;
  change.key = {text_value(id)};
  change.reason = "equal";
  change.conflict = ChangeConflict{"update_update",
                                   {{"hq", "changed"}, {"dw", "changed"}},
                                   {{"hq", std::move(hq)}, {"dw", std::move(dw)}},
                                   std::nullopt};
  return change;
}

/// A two-way table of two open conflicts: row 1 differs, row 2 was deleted on dw.
class PlanResolve : public testing::Test {
 protected:
  static constexpr mysql::RowHash kBase{1, 1}, kHq1{10, 11}, kDw1{20, 21}, kHq2{30, 31};

  void SetUp() override {
    shape_.members = {"hq", "dw"};
    shape_.types.resize(3);
    auto directory = PlanDirectory::create(first_, Overwrite::no);
    Plan plan;
    plan.run.plan_id = "01JD5Z6QK0ABCDEFGHJKMNPQRS";
    plan.applyable = plan.complete = true;
    plan.servers = {{"hq", {"i1", "mysql", "9.7", "primary"}},
                    {"dw", {"i2", "mysql", "9.7", "primary"}}};
    PlanTable table;
    table.address = "p/shop.t";
    table.first = "hq";
    table.target = "dw";
    table.members = {{"hq", "shop.t"}, {"dw", "shop.t"}};
    table.key = {"id"};
    table.columns = {"id", "name", "at"};
    table.on = {{"hq", {2, {}}}, {"dw", {1, {}}}};
    table.conflict_column = "at";
    table.changes_path = changes_path("p", "shop.t");
    const auto file = directory.open_file(table.changes_path);
    file->append(to_json_line(open_conflict("1", row("1", "a", "2026-01-01 00:00:00"),
                                            row("1", "b", "2026-01-02 00:00:00"))) +
                 "\n");
    file->append(
        to_json_line(open_conflict("2", row("2", "c", "2026-01-01 00:00:00"), std::nullopt)) +
        "\n");
    file->close();
    BaselineMovesWriter moves(directory, baseline_path("p", "shop.t"));
    offer(moves, "k1", {kHq1, kDw1});
    offer(moves, "k2", {kHq2, std::nullopt});
    table.baseline = PlanBaseline{"3.7", 2, moves.close()};
    table.changes_lines = 2;
    table.unresolved = 2;
    table.ops.conflict = 2;
    PlanChunk chunk;
    chunk.id = chunk.unit = 1;
    add(chunk.before["hq"], kHq1);
    add(chunk.before["hq"], kHq2);
    add(chunk.before["dw"], kDw1);
    chunk.after = chunk.before;
    chunk.changes = chunk.conflicts = 2;
    table.chunks = {chunk};
    plan.units = {{1, 0, 1}};
    plan.tables = {table};
    plan.summary = {table.ops, 1, 1, 2, 2};
    digest_ = directory.finish(plan);
  }

  void offer(BaselineMovesWriter& moves, const std::string& key, const RowHashes& seen) {
    for (std::size_t m = 0; m < seen.size(); ++m) {
      MergeIntent intent;
      intent.base = kBase;
      intent.result = seen[m];
      intent.seen = seen;
      BaselineEntry entry{BaselineEntry::Kind::option,  1, key, std::nullopt,
                          intent_value(shape_, intent), m};
      if (seen[m]) entry.value = baseline_value({*seen[m], {}});
      moves.append(entry);
    }
  }

  ResolvedPlan resolve(const fs::path& from, const fs::path& to, ResolveRequest request) {
    request.who = "somebody";
    const LoadedPlan loaded = load_plan(from);
    auto directory = PlanDirectory::create(to, Overwrite::no);
    return resolve_conflicts(loaded, request, directory);
  }

  static ChunkHash sum(const std::vector<mysql::RowHash>& rows) {
    ChunkHash hash;
    for (const mysql::RowHash& each : rows) add(hash, each);
    return hash;
  }

  MergeShape shape_;
  TemporaryDirectory temporary_;
  fs::path first_ = temporary_.path() / "first";
  fs::path second_ = temporary_.path() / "second";
  std::string digest_;
};

TEST_F(PlanResolve, ConflictsReadAsTheyWereWritten) {
  const LoadedPlan loaded = load_plan(first_);
  ChangeReader reader(loaded, loaded.plan.tables[0]);
  const std::vector<Change> changes = reader.chunk(1);
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].conflict->kind, "update_update");
  EXPECT_EQ(changes[0].conflict->did[1].second, "changed");
  EXPECT_EQ(changes[0].conflict->rows[1].second, row("1", "b", "2026-01-02 00:00:00"));
  EXPECT_FALSE(changes[1].conflict->rows[1].second);
  EXPECT_FALSE(changes[1].conflict->resolution);
  EXPECT_EQ(changes[0].rows(), 0U);
}

TEST_F(PlanResolve, RefusesLinesThatAreNoConflicts) {
  const std::string good = to_json_line(open_conflict("1", row("1", "a", "x"), row("1", "b", "y")));
  EXPECT_EQ(to_json_line(change_from_json_line(good)), good);
  for (const auto& [part, other] : std::vector<std::pair<std::string, std::string>>{
           {"\"kind\":\"update_update\",", ""},
           {"\"chunk\":1", "\"chunk\":\"1\""},
           {"\"chunk\":1", "\"chunk\":1,\"chunk\":2"},
           {"\"resolution\":null", "\"resolution\":{\"take\":\"hq\"}"},
           {"\"resolution\":null", "\"resolution\":\"hq\""},
           {"\"did\":{\"hq\"", "\"did\":{\"xx\""},
           {"\"rows\":{\"hq\":{", "\"rows\":{\"hq\":{\"id\":\"3\","},
           {"\"key\":[\"1\"]", "\"key\":[]"},
           {"\"key\":[\"1\"]", "\"key\":null"},
           {"\"reason\":\"equal\"}", "\"reason\":\"equal\",\"more\":1}"},
           {"\"reason\":\"equal\"}", "\"reason\":\"equal\"}}"}}) {
    std::string bad = good;
    bad.replace(bad.find(part), part.size(), other);
    EXPECT_THROW((void)change_from_json_line(bad), PlanError) << bad;
  }
}

TEST_F(PlanResolve, AMemberWins) {
  const ResolvedPlan resolved = resolve(first_, second_, {"hq", {}, {}, "", "9"});
  EXPECT_EQ(resolved.decided, 2U);
  const LoadedPlan loaded = load_plan(second_);
  EXPECT_EQ(loaded.digest, resolved.digest);
  EXPECT_NE(loaded.digest, digest_);
  const PlanTable& table = loaded.plan.tables[0];
  EXPECT_EQ(table.unresolved, 0U);
  EXPECT_EQ(loaded.plan.summary.unresolved, 0U);
  EXPECT_EQ(table.on.at("dw").ops.update, 1U);
  EXPECT_EQ(table.on.at("dw").ops.insert, 1U);
  EXPECT_EQ(table.on.at("hq").ops.changes(), 0U);
  EXPECT_EQ(loaded.plan.units[0].changes, 2U);
  EXPECT_EQ(table.chunks[0].after.at("dw"), sum({kHq1, kHq2}));
  EXPECT_EQ(table.chunks[0].after.at("hq"), table.chunks[0].before.at("hq"));
  ASSERT_EQ(loaded.plan.run.resolved.size(), 1U);
  EXPECT_NE(loaded.plan.run.resolved[0].find("somebody"), std::string::npos);
  const ChunkMoves moves = BaselineMovesReader(loaded, table).chunk(1);
  ASSERT_EQ(moves.moves.size(), 2U);
  EXPECT_EQ(moves.intents.size(), 2U);
  EXPECT_EQ(moves.moves[0].value, baseline_value({kHq1, {}}));
}

TEST_F(PlanResolve, ADeleteWins) {
  (void)resolve(first_, second_, {"dw", {"p/shop.t"}, "2", "", "9"});
  const LoadedPlan loaded = load_plan(second_);
  const PlanTable& table = loaded.plan.tables[0];
  EXPECT_EQ(table.unresolved, 1U);
  EXPECT_EQ(table.on.at("hq").ops.remove, 1U);
  EXPECT_EQ(table.chunks[0].after.at("hq"), sum({kHq1}));
  EXPECT_EQ(table.chunks[0].after.at("dw"), sum({kDw1}));
  const ChunkMoves moves = BaselineMovesReader(loaded, table).chunk(1);
  ASSERT_EQ(moves.moves.size(), 1U);
  EXPECT_EQ(moves.moves[0].key, "k2");
  EXPECT_FALSE(moves.moves[0].value);
}

TEST_F(PlanResolve, TheNewestWinsWhereTimesTell) {
  EXPECT_EQ(resolve(first_, second_, {"newest", {}, {}, "", "9"}).decided, 1U);
  const fs::path third = temporary_.path() / "third";
  EXPECT_THROW((void)resolve(second_, third, {"newest", {}, {}, "", "9"}), Refusal)
      << "a deleted row has no time";
  const ResolvedPlan skipped = resolve(second_, third, {"skip", {"p"}, {}, "", "9"});
  EXPECT_EQ(skipped.plan.summary.unresolved, 0U);
  EXPECT_EQ(skipped.plan.run.resolved.size(), 2U);
  const LoadedPlan loaded = load_plan(third);
  const PlanTable& table = loaded.plan.tables[0];
  EXPECT_EQ(table.chunks[0].after.at("hq"), sum({kDw1, kHq2}));
  EXPECT_EQ(BaselineMovesReader(loaded, table).chunk(1).moves.size(), 1U);
}

/// A group whose members do not stand in the order of their names; one conflict of three rows.
class GroupResolve : public PlanResolve {
 protected:
  static constexpr mysql::RowHash kNear{40, 41};

  void SetUp() override {
    PlanResolve::SetUp();
    shape_.members = {"hq", "dw", "a"};
    auto directory = PlanDirectory::create(group_, Overwrite::no);
    Plan plan = load_plan(first_).plan;
    plan.servers["a"] = {"i3", "mysql", "9.7", "primary"};
    PlanTable& table = plan.tables[0];
    table.spokes = {"dw", "a"};
    table.members["a"] = "shop.t";
    table.on = {{"hq", {1, {}}}, {"dw", {1, {}}}, {"a", {1, {}}}};
    Change change = open_conflict("1", row("1", "a", "2026-01-03 00:00:00"),
                                  row("1", "b", "2026-01-02 00:00:00"));
    change.conflict->did = {{"hq", "unchanged"}, {"dw", "changed"}, {"a", "changed"}};
    change.conflict->rows.emplace_back("a", row("1", "c", "2026-01-01 00:00:00"));
    const auto file = directory.open_file(table.changes_path);
    file->append(to_json_line(change) + "\n");
    file->close();
    BaselineMovesWriter moves(directory, baseline_path("p", "shop.t"));
    offer(moves, "k1", {kHq1, kDw1, kNear});
    table.baseline->path = moves.close();
    table.changes_lines = table.unresolved = table.ops.conflict = 1;
    PlanChunk& chunk = table.chunks[0];
    chunk.before = {{"hq", sum({kHq1})}, {"dw", sum({kDw1})}, {"a", sum({kNear})}};
    chunk.after = chunk.before;
    chunk.changes = chunk.conflicts = 1;
    plan.summary = {table.ops, 1, 1, 1, 1};
    plan.files.clear();
    (void)directory.finish(plan);
  }

  fs::path group_ = temporary_.path() / "group";
};

TEST_F(GroupResolve, EachMemberGetsTheRowOfTheOneThatWins) {
  (void)resolve(group_, second_, {"a", {"p"}, "1", "", "9"});
  const PlanTable table = load_plan(second_).plan.tables.at(0);
  EXPECT_EQ(table.servers(), (std::vector<std::string>{"hq", "dw", "a"}));
  EXPECT_EQ(table.unresolved, 0U);
  for (const char* server : {"hq", "dw"}) {
    EXPECT_EQ(table.on.at(server).ops.update, 1U) << server;
    EXPECT_EQ(table.chunks[0].after.at(server), sum({kNear})) << server;
  }
  EXPECT_EQ(table.on.at("a").ops.changes(), 0U);
  EXPECT_EQ(table.chunks[0].after.at("a"), table.chunks[0].before.at("a"));
}

TEST_F(GroupResolve, TheNewestIsOneOfThoseThatAreAtOdds) {
  (void)resolve(group_, second_, {"newest", {}, {}, "", "9"});
  const PlanTable table = load_plan(second_).plan.tables.at(0);
  for (const auto& [server, after] : table.chunks[0].after)
    EXPECT_EQ(after, sum({kDw1})) << server << ": the newest row of all is as it always was";
}

TEST_F(PlanResolve, RefusesWhatDecidesNothing) {
  const auto refused = [&](const ResolveRequest& request) {
    EXPECT_THROW((void)resolve(first_, second_, request), Refusal);
    EXPECT_FALSE(fs::exists(second_)) << "nothing is left behind";
  };
  refused({"nobody", {}, {}, "", "9"});
  refused({"hq", {"p/shop.u"}, {}, "", "9"});
  refused({"hq", {}, "3", "", "9"});
}

}  // namespace
}  // namespace rowplan::planner
