// An application's own change log: how it is named, asked, told, and when a force delete wins.
#include <gtest/gtest.h>

#include "planner/audit_log.h"
#include "planner/audit_trail.h"
#include "planner/change_text.h"
#include "planner/manifest_parser.h"
#include "planner/plan_error.h"
#include "tests/unit/merge_support.h"
#include "tests/unit/pair_builder.h"

namespace rowplan::planner {
namespace {

using testing::MergeCase;
using testing::PairBuilder;

// --- the manifest

constexpr const char* kServers = R"(manifest_version = 1
name = "shop"
[server.hq]
socket = "/run/hq.sock"
user = "rowplan"
[server.dw]
socket = "/run/dw.sock"
user = "rowplan"
[pair.o]
source = "hq"
target = "dw"
tables = ["shop.*"]
)";

std::string problems(const std::string& more) {
  std::string all;
  for (const Diagnostic& found : parse_manifest(kServers + more, "m").diagnostics)
    all += found.message + "\n";
  return all;
}

TEST(Audit, IsReadFromTheManifest) {
  const ParsedManifest parsed = parse_manifest(
      std::string(kServers) +
          "direction = \"two-way\"\n[pair.o.audit]\ntable = \"change%20log\"\nkey_column = \"k\"\n"
          "time_column = \"t\"\ntype_column = \"what\"\n"
          "[pair.o.table.\"shop.a\".audit]\ntable = \"ops.a_log\"\nuser_column = \"who\"\n",
      "m");
  ASSERT_TRUE(parsed.manifest) << render(parsed.diagnostics, "");
  const PairSpec& pair = parsed.manifest->pairs[0];
  EXPECT_EQ(pair.options.audit, (AuditSpec{"", "change log", "k", "t", "", "", "", "what"}));
  EXPECT_EQ(options_for(pair, "shop.a").audit,
            (AuditSpec{"ops", "a_log", "k", "t", "", "who", "", "what"}));
  EXPECT_EQ(audit_log_name(*pair.options.audit, {"shop", "b"}),
            (mysql::TableName{"shop", "change log"}));
  EXPECT_EQ(audit_log_name(*options_for(pair, "shop.a").audit, {"shop", "a"}),
            (mysql::TableName{"ops", "a_log"}));
}

TEST(Audit, WhatTheManifestGetsWrong) {
  const std::string two_way = "direction = \"two-way\"\n";
  EXPECT_EQ(problems(two_way + "[pair.o.audit]\n"),
            "[pair.o]: \"audit\" has no \"table\"\n[pair.o]: \"audit\" has no \"key_column\"\n"
            "[pair.o]: \"audit\" has no \"time_column\"\n");
  EXPECT_EQ(problems(two_way + "[pair.o.audit]\ntable = \".x\"\nkey_column = \"k\"\n"
                               "time_column = \"t\"\n"),
            "\"table\" is not the name of a table: \".x\"\n");
  EXPECT_EQ(problems(two_way + "[pair.o.audit]\ntable = \"l\"\nkey_column = \"k\"\n"
                               "time_column = \"t\"\nusr_column = \"u\"\n"),
            "unknown key \"usr_column\" in [pair.o.audit], did you mean \"user_column\"?\n");
  EXPECT_EQ(problems("[pair.o.audit]\ntable = \"l\"\nkey_column = \"k\"\ntime_column = \"t\"\n"),
            "\"audit\" is for two-way syncs alone\n");
}

// --- entries

AuditEntry entry(const char* time, const char* type, const char* site = "x") {
  return {"ann", time, type, site, false};
}

TEST(Audit, WordsForAForceDelete) {
  for (const char* word : {"force delete", "FORCE_DELETE", "Force-Delete", "forcedelete"})
    EXPECT_TRUE(means_force_delete(word)) << word;
  for (const char* word : {"delete", "force", "", "force deleted", "no force delete", "f\nd"})
    EXPECT_FALSE(means_force_delete(word)) << word;
}

TEST(Audit, TheNewestEntryDecides) {
  std::optional<AuditEntry> newest;
  take_newer(newest, entry("1", "force delete"), false);
  EXPECT_TRUE(newest->force_delete);
  take_newer(newest, entry("2", "new"), false);
  EXPECT_FALSE(newest->force_delete);
  EXPECT_EQ(newest->type, "new");
}

TEST(Audit, OfEntriesOfOneTimeAllMustForce) {
  std::optional<AuditEntry> newest;
  take_newer(newest, entry("1", "update"), false);
  take_newer(newest, entry("1", "force delete"), false);
  EXPECT_FALSE(newest->force_delete);
  newest.reset();
  take_newer(newest, entry("1", "update"), true);
  take_newer(newest, entry("1", "force delete"), true);
  EXPECT_TRUE(newest->force_delete) << "its number says that it came last";
  take_newer(newest, entry("1", "force delete", "elsewhere"), true);
  EXPECT_TRUE(newest->force_delete);
  take_newer(newest, entry("1", "update", "a third"), true);
  take_newer(newest, entry("1", "force delete", "elsewhere"), true);
  EXPECT_FALSE(newest->force_delete) << "numbers of two sites have no order";
}

// --- questions

mysql::Column column(const char* name, mysql::TypeFamily family) {
  mysql::Column made;
  made.name = name;
  made.family = family;
  return made;
}

TEST(Audit, WhatALogMustHave) {
  const AuditSpec spec{"", "log", "k", "t", "", "u", "", ""};
  Findings findings;
  EXPECT_FALSE(make_audit_log(spec, {"d", "a"}, nullptr, "p/d.a", "hq", findings));
  mysql::Table table;
  table.columns = {column("k", mysql::TypeFamily::text), column("u", mysql::TypeFamily::text)};
  EXPECT_FALSE(make_audit_log(spec, {"d", "a"}, &table, "p/d.a", "hq", findings));
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].code, "audit_missing");
  EXPECT_EQ(findings[1].code, "audit_column_missing");
  EXPECT_NE(findings[1].message.find("'t'"), std::string::npos);
  table.columns.push_back(column("t", mysql::TypeFamily::datetime));
  table.columns.push_back(column("n", mysql::TypeFamily::integer));
  table.columns.back().auto_increment = true;
  const auto log = make_audit_log(spec, {"d", "a"}, &table, "p/d.a", "hq", findings);
  ASSERT_TRUE(log);
  EXPECT_EQ(findings.size(), 2U);
  EXPECT_EQ(log->number->name, "n");
  EXPECT_FALSE(log->type);
}

TEST(Audit, QuestionsHoldNoDataButLiterals) {
  AuditLog log;
  log.name = {"d", "lo`g"};
  log.of = {"d", "a"};
  log.key = column("k", mysql::TypeFamily::text);
  log.time = column("t", mysql::TypeFamily::datetime);
  const std::string sql = select_entries(log, {"5", "a' OR 1=1 -- "});
  EXPECT_NE(sql.find("FROM `d`.`lo``g` WHERE `k` IN ('5',_utf8mb4 x'"), std::string::npos) << sql;
  EXPECT_EQ(sql.find("OR 1=1"), std::string::npos) << sql;
  log.table = column("tab", mysql::TypeFamily::text);
  EXPECT_NE(select_entries(log, {"5"}).find("AND `tab` IN ('a','d.a')"), std::string::npos);
  log.key.family = mysql::TypeFamily::integer;
  EXPECT_NE(select_entries(log, {"5", "x", "-7"}).find("IN (5,-7)"), std::string::npos);
  EXPECT_EQ(select_entries(log, {"x", "5 OR 1", "", "-", "1.2.3"}), "");
}

TEST(Audit, KeysOfSeveralColumns) {
  const TablePair one = PairBuilder("a").text("k").key().build();
  const TablePair two = PairBuilder("a").text("k").text("l").key(2).build();
  const auto key = [](const std::vector<std::string>& cells) {
    mysql::Row row;
    for (const std::string& cell : cells) row.add(cell);
    return row;
  };
  EXPECT_EQ(audit_key(one, key({"x,y"})), "x,y");
  EXPECT_EQ(audit_key(two, key({"x", "y"})), "x,y");
  EXPECT_EQ(audit_key(two, key({"x,y", "z"})), std::nullopt) << "(x; y,z) would be the same";
  EXPECT_EQ(audit_key(one, key({"\xff"})), std::nullopt);
}

// --- the merge

MergeDecision merge_with(const MergeCase& rows, const MergeRules& rules,
                         const std::vector<std::optional<AuditEntry>>& audit) {
  RowMerger merger(rules, testing::merge_types());
  return rows.with_input(merger, [&](MergeInput input) {
    input.audit = audit;
    return merger.merge(input);
  });
}

AuditEntry forced() {
  AuditEntry made = entry("9", "force delete");
  made.force_delete = true;
  return made;
}

constexpr testing::Values kWas = {1, 1, 1};
constexpr testing::Values kNow = {2, 1, 9};
constexpr testing::Values kOther = {3, 1, 9};

TEST(Audit, AForceDeleteWinsWhateverTheRule) {
  for (const Resolve rule : {Resolve::manual, Resolve::skip, Resolve::newest, Resolve::member}) {
    const MergeDecision decision =
        merge_with({true, kWas, {kNow, std::nullopt}, {}},
                   testing::rules_of(testing::rule_of(rule)), {entry("9", "update"), forced()});
    EXPECT_EQ(decision.outcome, MergeOutcome::merged);
    EXPECT_FALSE(decision.result);
    ASSERT_TRUE(decision.conflict);
    EXPECT_EQ(decision.conflict->kind, ConflictKind::update_delete);
    EXPECT_EQ(decision.conflict->pick.member, 1U);
    EXPECT_STREQ(resolve_name(decision.conflict->pick.by), "force delete");
  }
}

TEST(Audit, AForceDeleteDecidesNothingElse) {
  const MergeRules manual = testing::rules_of(testing::rule_of(Resolve::manual));
  const auto outcome = [&](const MergeCase& rows,
                           const std::vector<std::optional<AuditEntry>>& audit) {
    return merge_with(rows, manual, audit).outcome;
  };
  EXPECT_EQ(outcome({true, kWas, {kNow, std::nullopt}, {}}, {std::nullopt, entry("9", "delete")}),
            MergeOutcome::unresolved);
  EXPECT_EQ(outcome({true, kWas, {kNow, std::nullopt}, {}}, {forced(), std::nullopt}),
            MergeOutcome::unresolved)
      << "said by who still has the row";
  EXPECT_EQ(outcome({true, kWas, {kNow, kOther}, {}}, {std::nullopt, forced()}),
            MergeOutcome::unresolved)
      << "it is still there";
  EXPECT_EQ(outcome({false, {}, {kNow, std::nullopt}, {}}, {std::nullopt, forced()}),
            MergeOutcome::merged);
  EXPECT_TRUE(
      merge_with({false, {}, {kNow, std::nullopt}, {}}, manual, {std::nullopt, forced()}).result)
      << "without a baseline nothing is deleted";
  EXPECT_TRUE(
      merge_with({true, {}, {kNow, std::nullopt}, {}}, manual, {std::nullopt, forced()}).result)
      << "a new row that the other never had";
}

// --- the walk

mysql::Row row_of(int key, int value) {
  mysql::Row row;
  std::string cell;
  mysql::append_integer(cell, false, static_cast<std::uint64_t>(key));
  row.add(cell);
  cell.clear();
  mysql::append_integer(cell, false, static_cast<std::uint64_t>(value));
  row.add(cell);
  return row;
}

/// What is passed on, as text.
struct Recorder : MergeVisitor {
  void row(const mysql::Row& key, const MergeInput& input) override {
    std::string line = mysql::show({mysql::CellKind::integer}, key.cell(0)).data;
    for (const mysql::Row* row : input.rows)
      line +=
          row == nullptr ? "-" : "," + mysql::show({mysql::CellKind::integer}, row->cell(1)).data;
    line += input.base != nullptr ? " base" : "";
    for (const auto& told : input.audit) line += told ? " " + *told->user : " nobody";
    lines.push_back(line);
  }
  void chunk_end(const KeyRange& range) override {
    lines.emplace_back(range.high ? "end" : "last end");
  }
  std::vector<std::string> lines;
};

class AuditWalk : public ::testing::Test {
 protected:
  AuditWalk() : pair_(PairBuilder("a").integer("id").integer("v").key().build()) {
    pair_.audit_logs = std::make_shared<const std::vector<AuditLog>>(2);
  }

  std::vector<std::string> walk(int rows, int conflict_each) {
    Recorder recorder;
    const HeldBack none;
    const auto lookup = [&](std::size_t member, const std::vector<std::string>& keys) {
      ++questions_;
      most_ = std::max(most_, keys.size());
      std::map<std::string, AuditEntry> entries;
      if (member == 0)
        for (const std::string& key : keys) entries[key] = {"ann" + key, {}, {}, {}, false};
      return entries;
    };
    AuditTrail trail(pair_, testing::rules_of({}), none, lookup, recorder);
    for (int key = 1; key <= rows; ++key) {
      const mysql::Row east = row_of(key, key);
      const mysql::Row west = row_of(key, key % conflict_each == 0 ? -key + 2 * rows : key);
      const std::vector<const mysql::Row*> both = {&east, &west};
      trail.row(row_of(key, 0), {false, nullptr, both, {}});
      if (key % 3 == 0) trail.chunk_end({std::nullopt, east});
    }
    trail.chunk_end({});
    trail.flush();
    return recorder.lines;
  }

  TablePair pair_;
  std::size_t questions_ = 0;
  std::size_t most_ = 0;
};

TEST_F(AuditWalk, KeepsTheOrderAndTellsWhoOfConflicts) {
  EXPECT_EQ(walk(5, 2), (std::vector<std::string>{"1,1,1", "2,2,8 ann2 nobody", "3,3,3", "end",
                                                  "4,4,6 ann4 nobody", "5,5,5", "last end"}));
  EXPECT_EQ(questions_, 2U) << "one of each member";
}

TEST_F(AuditWalk, AsksAboutManyAtOnce) {
  const auto lines = walk(3000, 3);
  EXPECT_EQ(lines.size(), 3000U + 1000U + 1U);
  EXPECT_EQ(lines[2], "3,3,5997 ann3 nobody");
  EXPECT_EQ(questions_, 2U * 1000U / 200U);
  EXPECT_EQ(most_, 200U);
}

TEST_F(AuditWalk, KeepsNoMoreThanSomeMegabytes) {
  (void)walk(100'000, 10'000);
  EXPECT_GT(questions_, 2U * 5U) << "not all rows behind the first conflict wait for its end";
}

TEST_F(AuditWalk, AsksNothingWhereThereIsNothingToAsk) {
  (void)walk(1000, 5000);
  EXPECT_EQ(questions_, 0U);
  pair_.audit_logs = nullptr;
  EXPECT_EQ(walk(2, 2), (std::vector<std::string>{"1,1,1", "2,2,2", "last end"}));
  EXPECT_EQ(questions_, 0U);
}

// --- the plan

Change told_change() {
  Change change;
  change.op = Op::conflict;
  change.chunk = 1;
  change.key.emplace().push_back(testing::number(5));
  change.reason = "manual";
  ChangeConflict& conflict = change.conflict.emplace();
  conflict.kind = "update_update";
  conflict.did = {{"hq", "changed"}, {"dw", "changed"}};
  conflict.rows = {{"hq", NamedValues{{"id", testing::number(5)}, {"v", testing::text("a")}}},
                   {"dw", NamedValues{{"id", testing::number(5)}, {"v", testing::text("b")}}}};
  conflict.audit = {{"hq", AuditEntry{"an\"n\n\x1b[2J", "2026-01-02", "update", {}, false}},
                    {"dw", std::nullopt}};
  return change;
}

TEST(Audit, StandsInTheLineOfAConflict) {
  const Change change = told_change();
  const std::string line = to_json_line(change);
  EXPECT_NE(line.find(R"("audit":{"hq":{"user":"an\"n\n\u001b[2J","time":"2026-01-02",)"
                      R"("type":"update","site":null},"dw":null},"rows":)"),
            std::string::npos)
      << line;
  const Change read = change_from_json_line(line);
  EXPECT_EQ(read.conflict->audit, change.conflict->audit);
  EXPECT_EQ(to_json_line(read), line);
}

TEST(Audit, RefusesWhatIsNoEntry) {
  const std::string good = to_json_line(told_change());
  using Edit = std::pair<std::string, std::string>;
  for (const auto& [part, other] :
       {Edit{R"("time":"2026-01-02",)", ""}, Edit{R"("site":null)", R"("site":5)"},
        Edit{R"("site":null)", R"("site":null,"more":null)"},
        Edit{R"(,"dw":null},"rows")", R"(},"rows")"},
        Edit{R"("dw":null},"rows")", R"("other":null},"rows")"}}) {
    std::string bad = good;
    ASSERT_NE(bad.find(part), std::string::npos) << part;
    bad.replace(bad.find(part), part.size(), other);
    EXPECT_THROW((void)change_from_json_line(bad), PlanError) << bad;
  }
}

TEST(Audit, IsShownWithoutWhatATerminalObeys) {
  EXPECT_EQ(conflict_text(told_change()),
            R"(hq changed v: "a" (by "an\"n\n\u{1b}[2J" at "2026-01-02" as "update"); )"
            R"(dw changed v: "b"; waits for a person: manual)");
}

}  // namespace
}  // namespace rowplan::planner
