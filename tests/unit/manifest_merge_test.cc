// The keys of two-way pairs and of groups, those that are not built among them.
#include <gtest/gtest.h>

#include <algorithm>

#include "planner/manifest_parser.h"

namespace rowplan::planner {
namespace {

constexpr const char* kHead = R"(manifest_version = 1
name = "shop"
[server.hq]
socket = "/run/hq.sock"
user = "rowplan"
[server.dw]
socket = "/run/dw.sock"
user = "rowplan"
[server.spoke]
socket = "/run/spoke.sock"
user = "rowplan"
)";
constexpr const char* kPair =
    "[pair.o]\nsource = \"hq\"\ntarget = \"dw\"\ntables = [\"shop.*\"]\ndirection = \"two-way\"\n";
constexpr const char* kGroup =
    "[group.o]\nhub = \"hq\"\nspokes = [\"dw\", \"spoke\"]\ntables = [\"shop.*\"]\n"
    "direction = \"two-way\"\n";

Manifest good(const std::string& more) {
  const std::string text = kHead + more;
  ParsedManifest parsed = parse_manifest(text, "m", true);
  EXPECT_EQ(render(parsed.diagnostics, text), "");
  return std::move(parsed.manifest).value_or(Manifest{});
}

/// `line:column+length message` of each diagnostic; lines count from 1 behind `head`.
std::string brief(const std::string& head, const std::string& more) {
  const std::string before = kHead + head;
  const auto lines = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n'));
  std::string result;
  for (const Diagnostic& found : parse_manifest(before + more, "m", true).diagnostics) {
    if (!result.empty()) result += '\n';
    result += std::to_string(found.line - lines) + ':' + std::to_string(found.column) + '+' +
              std::to_string(found.length) + ' ' + found.message;
  }
  return result;
}
std::string in_pair(const std::string& more) { return brief(kPair, more); }

MergeSpec merge_of(const std::string& more) {
  const Manifest manifest = good(kPair + more);
  return manifest.pairs.empty() ? MergeSpec{} : manifest.pairs[0].options.merge;
}

TEST(ManifestMerge, Defaults) {
  EXPECT_EQ(merge_of(""), MergeSpec{});
  EXPECT_EQ(MergeSpec{}.conflict.resolve, Resolve::manual);
}

TEST(ManifestMerge, AllKeys) {
  const MergeSpec merge = merge_of(
      "conflict = { resolve = \"newest\", column = \"updated_at\", otherwise = \"target\" }\n"
      "insert_conflict = { resolve = \"least\", column = \"id\", otherwise = \"skip\" }\n"
      "merge = \"columns\"\nthreshold = \"5m\"\n");
  EXPECT_EQ(merge.conflict,
            (ConflictSpec{Resolve::newest, "", "updated_at", Resolve::member, "dw"}));
  EXPECT_EQ(merge.inserts, (ConflictSpec{Resolve::least, "", "id", Resolve::skip, ""}));
  EXPECT_TRUE(merge.by_columns);
  EXPECT_EQ(merge.threshold, std::chrono::minutes(5));
}

TEST(ManifestMerge, RulesByAWord) {
  EXPECT_EQ(merge_of("conflict = \"skip\"\n").conflict.resolve, Resolve::skip);
  for (const char* name : {"hq", "source"}) {
    const MergeSpec merge = merge_of("conflict = \"" + std::string(name) + "\"\n");
    EXPECT_EQ(merge.conflict, (ConflictSpec{Resolve::member, "hq", "", Resolve::manual, ""}));
  }
}

TEST(ManifestMerge, ATablesRuleStandsAlone) {
  const Manifest manifest = good(std::string(kPair) +
                                 "conflict = { resolve = \"newest\", column = \"t\" }\n"
                                 "[pair.o.table.\"shop.a\"]\nconflict = \"target\"\n"
                                 "[pair.o.table.\"shop.b\"]\nthreads = 2\n");
  ASSERT_EQ(manifest.pairs.size(), 1U);
  EXPECT_EQ(options_for(manifest.pairs[0], "shop.a").merge.conflict,
            (ConflictSpec{Resolve::member, "dw", "", Resolve::manual, ""}));
  EXPECT_EQ(options_for(manifest.pairs[0], "shop.b").merge.conflict.column, "t");
}

TEST(ManifestMerge, RulesThatMakeNoSense) {
  EXPECT_EQ(in_pair("conflict = \"newest\"\n"),
            "1:1+8 \"newest\" in \"conflict\" needs a \"column\"");
  EXPECT_EQ(in_pair("conflict = { resolve = \"hq\", column = \"t\" }\n"),
            "1:1+8 \"column\" in \"conflict\" decides nothing");
  EXPECT_EQ(in_pair("conflict = { column = \"t\" }\n"),
            "1:1+8 \"conflict\" has no \"resolve\"\n"
            "1:1+8 \"column\" in \"conflict\" decides nothing");
  EXPECT_EQ(in_pair("conflict = { resolve = \"newest\", column = \"t\", otherwise = \"least\" }\n"),
            "1:1+8 \"otherwise\" in \"conflict\" must be a member, \"manual\" or \"skip\"");
  EXPECT_EQ(in_pair("conflict = { resolve = \"skip\", otherwise = \"hq\" }\n"),
            "1:1+8 \"otherwise\" in \"conflict\" never decides: \"skip\" always does");
  EXPECT_EQ(in_pair("insert_conflict = \"newst\"\n"),
            "1:1+15 \"newst\" in \"insert_conflict\" is no rule, and no member of [pair.o], did "
            "you mean \"newest\"?");
  EXPECT_EQ(in_pair("conflict = \"spoke\"\n"),
            "1:1+8 \"spoke\" in \"conflict\" is no rule, and no member of [pair.o]");
  EXPECT_EQ(in_pair("threshold = \"5m\"\n"),
            "1:1+9 \"threshold\" is for \"newest\" and \"oldest\" alone");
  EXPECT_EQ(in_pair("merge = \"cells\"\n"),
            "1:9+7 \"merge\" must be one of \"rows\", \"columns\", not \"cells\"");
  EXPECT_EQ(in_pair("conflict = 5\n"), "1:12+1 \"conflict\" must be a text, not a number");
  EXPECT_EQ(in_pair("conflict = { resolve = \"manual\", when = 1 }\n"),
            "1:34+4 unknown key \"when\" in [pair.o.conflict]");
}

TEST(ManifestMerge, OneWayAndTwoWayKeys) {
  const std::string one_way = "[pair.o]\nsource = \"hq\"\ntarget = \"dw\"\ntables = [\"shop.*\"]\n";
  EXPECT_EQ(brief(one_way, "conflict = \"hq\"\n"), "1:1+8 \"conflict\" is for two-way syncs alone");
  EXPECT_EQ(in_pair("deletes = \"ignore\"\n"), "1:1+7 \"deletes\" is for one-way syncs alone");
  const std::string incremental = "[pair.o.incremental]\ncolumn = \"c\"\n";
  EXPECT_EQ(in_pair(incremental), "");
  EXPECT_EQ(in_pair(incremental + "initial = \"2026-01-01\"\n"),
            "1:9+11 \"incremental\" cannot go with a two-way sync");
  // What [defaults] says is for those whom it concerns.
  EXPECT_EQ(good("[defaults]\nconflict = \"source\"\n" + one_way).pairs.size(), 1U);
}

TEST(ManifestMerge, ServersCalledLikeARule) {
  const std::string newest =
      "[server.newest]\nsocket = \"/n\"\nuser = \"u\"\n[pair.p]\nsource = \"hq\"\n"
      "target = \"newest\"\ntables = [\"shop.*\"]\n";
  EXPECT_EQ(brief("", newest), "");
  EXPECT_EQ(brief("", newest + "direction = \"two-way\"\n"),
            "4:7+1 the server's name \"newest\" means something else in a rule for conflicts");
}

TEST(ManifestGroups, AllKeys) {
  const Manifest manifest =
      good(std::string("[defaults]\nthreads = 2\n") + kGroup +
           "on_missing = \"skip\"\ntombstone_days = 7\nrequire_baseline = true\n"
           "conflict = \"spoke\"\n[group.o.table.\"shop.a\"]\nconflict = \"source\"\n");
  ASSERT_EQ(manifest.groups.size(), 1U);
  const GroupSpec& group = manifest.groups[0];
  EXPECT_EQ(group.sync.name, "o");
  EXPECT_EQ(group.sync.source, "hq");
  EXPECT_EQ(group.sync.direction, Direction::two_way);
  EXPECT_EQ(group.sync.options.threads, 2U);
  EXPECT_EQ(group.sync.tables.size(), 1U);
  EXPECT_EQ(group.spokes, (std::vector<std::string>{"dw", "spoke"}));
  EXPECT_EQ(group.on_missing, OnMissing::skip);
  EXPECT_EQ(group.tombstone_days, 7U);
  EXPECT_TRUE(group.require_baseline);
  EXPECT_EQ(group.sync.options.merge.conflict.member, "spoke");
  EXPECT_EQ(options_for(group.sync, "shop.a").merge.conflict.member, "hq");
  EXPECT_EQ(good(kGroup).groups.at(0).tombstone_days, 30U);
}

TEST(ManifestGroups, ATwoWayOneIsOnePairOfAllItsMembers) {
  const Manifest manifest =
      good(std::string(kGroup) + "require_baseline = true\nconflict = \"dw\"\n");
  ASSERT_EQ(manifest.pairs.size(), 1U);
  const PairSpec& pair = manifest.pairs[0];
  EXPECT_EQ(pair.name, "o");
  EXPECT_EQ(pair.group, "o");
  EXPECT_EQ(pair.source, "hq");
  EXPECT_EQ(pair.target, "dw");
  EXPECT_EQ(pair.members(), (std::vector<std::string>{"hq", "dw", "spoke"}));
  EXPECT_EQ(pair.written(), pair.members());
  EXPECT_TRUE(pair.require_baseline);
  EXPECT_FALSE(pair.may_be_missing);
  EXPECT_EQ(good(kPair).pairs.at(0).members(), (std::vector<std::string>{"hq", "dw"}));
}

TEST(ManifestGroups, WhatIsRefused) {
  EXPECT_EQ(brief(kGroup, "conflict = \"target\"\n"),
            "1:1+8 \"target\" in \"conflict\" could be any of the spokes");
  EXPECT_EQ(brief(kGroup, "tombstone_days = 0\n"),
            "1:18+1 \"tombstone_days\" must be from 1 to 36500, not 0");
  EXPECT_EQ(brief(kGroup, "source = \"hq\"\n"), "1:1+6 unknown key \"source\" in [group.o]");
  EXPECT_EQ(brief("", "[group.g]\nhub = \"hq\"\nspokes = [\"hq\", \"nobody\"]\n"),
            "1:8+1 [group.g] has no \"tables\"\n"
            "3:11+4 \"hq\" is the hub and cannot be a spoke\n"
            "3:17+8 unknown server \"nobody\"");
  EXPECT_EQ(brief("", "[group.g]\ntables = [\"shop.*\"]\n"),
            "1:8+1 [group.g] has no \"hub\"\n1:8+1 [group.g] has no \"spokes\"");
  EXPECT_EQ(brief(kPair, kGroup), "1:8+1 a pair and a group are called \"o\"");
}

TEST(ManifestGroups, WhatATwoWayOneCannotHave) {
  EXPECT_EQ(brief(kGroup, "allow_replica_writes = [\"dw\"]\n"),
            "1:1+20 \"allow_replica_writes\" cannot go with a two-way group");
  EXPECT_EQ(brief("",
                  "[group.g]\nhub = \"hq\"\nspokes = [\"dw\"]\ntables = [\"shop.*\"]\n"
                  "require_baseline = true\n"),
            "5:1+16 \"require_baseline\" is for two-way groups alone");
  EXPECT_EQ(brief("",
                  "[group.g]\nhub = \"hq\"\nspokes = [\"dw\"]\ntables = [\"shop.*\"]\n"
                  "tombstone_days = 3\n"),
            "5:1+14 \"tombstone_days\" is for two-way groups alone");
}

TEST(ManifestGroups, GoesOnWithoutASpoke) {
  for (const char* more : {"", "on_missing = \"skip\"\n", "tombstone_days = 3\n"})
    EXPECT_TRUE(parse_manifest(std::string(kHead) + kGroup + more, "m").manifest) << more;
}

}  // namespace
}  // namespace rowplan::planner
