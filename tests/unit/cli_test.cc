#include "cmd/cli.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "cmd/completion_command.h"
#include "cmd/init_command.h"
#include "cmd/junit_report.h"
#include "cmd/option_table.h"
#include "cmd/shown_text.h"
#include "cmd/time_text.h"
#include "planner/manifest_parser.h"
#include "planner/refusal.h"

namespace rowplan::cmd {
namespace {

using Words = std::vector<std::string>;

CommandLine parsed(const Words& words) {
  auto result = parse_command_line(words);
  return std::get<CommandLine>(std::move(result));
}

/// `message|hint` of the refusal, which must be one of usage.
std::string refusal_of(const Words& words) {
  try {
    static_cast<void>(parse_command_line(words));
  } catch (const planner::Refusal& refusal) {
    EXPECT_EQ(refusal.reason(), planner::RefusalReason::usage);
    return std::string(refusal.what()) + '|' + refusal.hint();
  }
  return "not refused";
}

TEST(CliTest, GlobalOptionsStandBeforeOrAfterTheVerb) {
  for (const Words& words : {Words{"-f", "m.toml", "--json", "plan", "-o", "out"},
                             Words{"plan", "-o", "out", "--json", "--manifest=m.toml"}}) {
    const CommandLine line = parsed(words);
    EXPECT_EQ(line.global.manifest, "m.toml");
    EXPECT_TRUE(line.global.json);
    EXPECT_EQ(std::get<PlanOptions>(line.verb).output, "out");
  }
  EXPECT_EQ(parsed({"version"}).global.manifest, "rowplan.toml");
}

TEST(CliTest, ChoicesBecomeValues) {
  const CommandLine line =
      parsed({"apply", "dir", "--color=never", "--progress", "plain", "--log-level", "debug",
              "--log-format", "json", "--verify", "rows", "--on-stale", "skip", "-q", "-v", "-v"});
  EXPECT_EQ(line.global.color, ColorMode::never);
  EXPECT_EQ(line.global.progress, ProgressMode::plain);
  EXPECT_EQ(line.global.log.level, LogLevel::debug);
  EXPECT_EQ(line.global.log.format, LogFormat::json);
  EXPECT_TRUE(line.global.log.quiet);
  EXPECT_EQ(line.global.log.verbose, 2);
  const ApplyOptions& apply = std::get<ApplyOptions>(line.verb);
  EXPECT_EQ(apply.verify, executor::Verify::rows);
  EXPECT_EQ(apply.on_stale, executor::OnStale::skip);
  EXPECT_FALSE(apply.expect_digest.has_value());
}

TEST(CliTest, ADirectoryMayBeCalledLikeAVerb) {
  EXPECT_EQ(std::get<ShowOptions>(parsed({"show", "plan"}).verb).directory, "plan");
  EXPECT_EQ(std::get<ApplyOptions>(parsed({"apply", "sync"}).verb).directory, "sync");
  EXPECT_EQ(std::get<ApplyOptions>(parsed({"apply", "--", "-x"}).verb).directory, "-x");
}

TEST(CliTest, SelectionsAreRepeatedAndTakeOneAddressEach) {
  const CommandLine line =
      parsed({"check", "--only", "a", "--only", "b/c.d", "--exclude", "b/c.e"});
  const CheckOptions& check = std::get<CheckOptions>(line.verb);
  EXPECT_EQ(check.selection.only, (Words{"a", "b/c.d"}));
  EXPECT_EQ(check.selection.exclude, (Words{"b/c.e"}));
  EXPECT_TRUE(refusal_of({"check", "--only", "a", "b"}).starts_with("The following argument"));
}

TEST(CliTest, DigestsAreMadeEqualInForm) {
  const CommandLine line = parsed({"apply", "d", "--expect-digest", "sha256:ABCDEF01"});
  EXPECT_EQ(std::get<ApplyOptions>(line.verb).expect_digest, "abcdef01");
  // An empty variable must not switch the check off.
  const CommandLine empty = parsed({"apply", "d", "--expect-digest", ""});
  EXPECT_EQ(std::get<ApplyOptions>(empty.verb).expect_digest, "");
}

TEST(CliTest, JsonDecidesTheFormatOfShowAndStatus) {
  EXPECT_EQ(std::get<ShowOptions>(parsed({"show", "d", "--json"}).verb).format, ShowFormat::json);
  EXPECT_EQ(std::get<StatusOptions>(parsed({"--json", "status"}).verb).format, StatusFormat::json);
  EXPECT_TRUE(refusal_of({"show", "d", "--json", "--format", "sql"}).starts_with("--json and"));
}

TEST(CliTest, WrongUsageIsRefused) {
  EXPECT_TRUE(refusal_of({"plan"}).starts_with("'plan' needs -o DIR"));
  EXPECT_TRUE(refusal_of({"sync"}).starts_with("'sync' writes what nobody has looked at"));
  EXPECT_NE(refusal_of({"sync", "--auto-approve", "--lock-wait", "soon"}), "not refused");
  EXPECT_EQ(refusal_of({"paln"}), "there is no verb 'paln'|did you mean 'plan'?");
  EXPECT_EQ(
      refusal_of({"state"}),
      "'state' needs a verb: list, show, set-watermark, rebase, release or prune|see 'rowplan "
      "state --help'");
  EXPECT_EQ(refusal_of({"--json"}), "a verb is missing|see 'rowplan --help'");
  EXPECT_NE(refusal_of({"show", "d", "--format", "xml"}), "not refused");
  EXPECT_NE(refusal_of({"show", "d", "--limit", "-1"}), "not refused");
  EXPECT_NE(refusal_of({"status", "--max-age", "3 weeks"}), "not refused");
  EXPECT_NE(refusal_of({"apply", "d", "--expect-digest"}), "not refused");
  EXPECT_NE(refusal_of({"show"}), "not refused");
  EXPECT_NE(refusal_of({"plan", "-o", "a", "-o", "b"}), "not refused");
  EXPECT_NE(refusal_of({"plan", "-o", "a", "--nope"}), "not refused");
}

TEST(CliTest, VerbsOfLaterVersionsAreRefusedAsSuch) {
  EXPECT_EQ(refusal_of({"undo", "X", "-o", "d"}), "\"undo\" is not built yet in this version|");
}

TEST(CliTest, VerbsOfTheState) {
  const CommandLine set = parsed({"state", "set-watermark", "p/a.b", "2025-03-01 09:30:00"});
  EXPECT_EQ(std::get<StateOptions>(set.verb).verb, StateVerb::set_watermark);
  EXPECT_EQ(std::get<StateOptions>(set.verb).address, "p/a.b");
  EXPECT_EQ(std::get<StateOptions>(set.verb).value, "2025-03-01 09:30:00");
  const CommandLine show = parsed({"state", "show", "p", "--limit", "3"});
  EXPECT_EQ(std::get<StateOptions>(show.verb).address, "p");
  EXPECT_EQ(std::get<StateOptions>(show.verb).limit, 3U);
  EXPECT_EQ(std::get<StateOptions>(parsed({"state", "show"}).verb).address, "");
  const CommandLine prune = parsed({"state", "prune", "--older-than", "7d"});
  EXPECT_EQ(std::get<StateOptions>(prune.verb).older_than, std::chrono::hours(168));
  EXPECT_NE(refusal_of({"state", "prune", "--older-than", "a week"}), "not refused");
  EXPECT_NE(refusal_of({"state", "set-watermark", "p/a.b"}), "not refused");
  EXPECT_NE(refusal_of({"state", "rebase"}), "not refused");
}

TEST(CliTest, HelpAndNothing) {
  const auto help = parse_command_line({"apply", "--help"});
  EXPECT_NE(std::get<HelpText>(help).text.find("rowplan apply"), std::string::npos);
  EXPECT_FALSE(std::get<HelpText>(help).is_error);
  EXPECT_TRUE(std::get<HelpText>(parse_command_line({})).is_error);
}

TEST(CliTest, JsonIsFoundInACommandLineThatCannotBeParsed) {
  EXPECT_TRUE(asks_for_json({"nope", "--json"}));
  EXPECT_FALSE(asks_for_json({"apply", "--", "--json"}));
}

TEST(OptionTableTest, HoldsVerbsOptionsAndChoices) {
  const TableVerb program = option_table();
  const auto apply = std::find_if(program.verbs.begin(), program.verbs.end(),
                                  [](const TableVerb& verb) { return verb.name == "apply"; });
  ASSERT_NE(apply, program.verbs.end());
  const auto verify =
      std::find_if(apply->options.begin(), apply->options.end(),
                   [](const TableOption& option) { return option.names == Words{"--verify"}; });
  ASSERT_NE(verify, apply->options.end());
  EXPECT_EQ(verify->choices, (Words{"chunks", "rows"}));
  EXPECT_TRUE(std::none_of(program.verbs.begin(), program.verbs.end(),
                           [](const TableVerb& verb) { return verb.name == "undo"; }));
}

TEST(CompletionTest, EveryShellKnowsEveryVerb) {
  const TableVerb program = option_table();
  for (const Shell shell : {Shell::bash, Shell::zsh, Shell::fish}) {
    const std::string script = completion_script(shell, program);
    for (const TableVerb& verb : program.verbs) {
      EXPECT_NE(script.find(verb.name), std::string::npos) << verb.name;
    }
    EXPECT_EQ(script.find("undo"), std::string::npos);
  }
}

InitOptions init_options() {
  InitOptions init;
  init.source = {"db1.internal:3307", "reader", ""};
  init.target = {"socket:/run/my \"dw\".sock", "writer", "DW_PASSWORD"};
  init.tables = {"shop.*", "!shop.tmp_*"};
  return init;
}

TEST(InitTest, TheManifestIsAccepted) {
  const planner::ParsedManifest parsed_manifest =
      planner::parse_manifest(manifest_text(init_options()), "rowplan.toml");
  ASSERT_TRUE(parsed_manifest.manifest.has_value())
      << planner::render(parsed_manifest.diagnostics, manifest_text(init_options()));
  EXPECT_TRUE(parsed_manifest.diagnostics.empty());
  const planner::Manifest& manifest = *parsed_manifest.manifest;
  EXPECT_EQ(manifest.name, "shop");
  EXPECT_EQ(manifest.servers.at("source").host, "db1.internal");
  EXPECT_EQ(manifest.servers.at("source").port, 3307);
  EXPECT_EQ(manifest.servers.at("source").password_env, "SOURCE_PASSWORD");
  EXPECT_EQ(manifest.servers.at("source").access, planner::Access::read_only);
  EXPECT_EQ(manifest.servers.at("target").socket, "/run/my \"dw\".sock");
  EXPECT_EQ(manifest.servers.at("target").password_env, "DW_PASSWORD");
  ASSERT_EQ(manifest.pairs.size(), 1U);
  EXPECT_EQ(manifest.pairs[0].tables.size(), 2U);
}

TEST(InitTest, CommentedLinesAreGoodOnesToo) {
  std::string text;
  for (std::string rest = manifest_text(init_options()); !rest.empty();) {
    const std::size_t end = rest.find('\n') + 1;
    std::string line = rest.substr(0, end);
    rest.erase(0, end);
    const bool is_setting = line.starts_with("# ") && line.find(" = ") != std::string::npos;
    if (is_setting && !line.starts_with("# password_env") && !line.starts_with("# tls")) {
      line.erase(0, 2);
    }
    text += line.starts_with("# [pair") ? line.substr(2) : line;
  }
  const planner::ParsedManifest parsed_manifest = planner::parse_manifest(text, "rowplan.toml");
  EXPECT_TRUE(parsed_manifest.manifest.has_value())
      << planner::render(parsed_manifest.diagnostics, text);
}

TEST(InitTest, PlacesOfServers) {
  InitOptions init = init_options();
  for (const char* const place : {"[::1]:3307", "::1", "db1", "127.0.0.1:1"}) {
    init.source.place = place;
    EXPECT_NO_THROW(static_cast<void>(manifest_text(init))) << place;
  }
  for (const char* const place : {"", "socket:", "db1:", "db1:0", "db1:70000", ":3306", "[::1"}) {
    init.source.place = place;
    EXPECT_THROW(static_cast<void>(manifest_text(init)), planner::Refusal) << place;
  }
}

planner::Plan plan_with_tables() {
  planner::Plan plan;
  plan.applyable = true;
  plan.complete = true;
  planner::PlanTable equal;
  equal.address = "p/a.b";
  equal.target = "dw";
  planner::PlanTable other = equal;
  other.address = "p/a.c%3C";
  other.ops.update = 2;
  plan.tables = {equal, other};
  return plan;
}

TEST(JunitTest, OneCaseForEachTable) {
  const std::string xml = junit_of_plan(plan_with_tables());
  EXPECT_NE(xml.find("tests=\"2\" failures=\"1\" errors=\"0\""), std::string::npos) << xml;
  EXPECT_NE(xml.find("<failure message=\"0 to insert, 2 to update, 0 to delete on dw\">"),
            std::string::npos)
      << xml;
}

TEST(JunitTest, WhatCouldNotBeComparedIsNoSuccess) {
  planner::Plan plan = plan_with_tables();
  plan.findings.push_back(
      {"column_missing", planner::Severity::error, "p/a.z", "a < b & \x1b", ""});
  EXPECT_NE(junit_of_plan(plan).find("tests=\"3\" failures=\"1\" errors=\"1\""), std::string::npos);
  EXPECT_NE(junit_of_plan(plan).find("a &lt; b &amp; \\x1B"), std::string::npos);
  plan.findings.clear();
  plan.complete = false;
  EXPECT_NE(junit_of_plan(plan).find("failures=\"1\" errors=\"1\" skipped=\"1\""),
            std::string::npos);
  plan.tables.pop_back();
  plan.summary.tables_changed = 1;  // a fast check knows no more
  EXPECT_NE(junit_of_plan(plan).find("failures=\"1\" errors=\"0\" skipped=\"1\""),
            std::string::npos);
  EXPECT_NE(junit_of_failure({ExitCode::access, "no", "yes"}).find("errors=\"1\""),
            std::string::npos);
}

TEST(ShownTextTest, NothingReachesTheTerminal) {
  EXPECT_EQ(shown("Größe"), "Größe");
  EXPECT_EQ(shown("\x1b[2J\n\xff"), "\\x1B[2J\\x0A\\xFF");
  EXPECT_EQ(shown("a\u202eb"), "a\\u202Eb");
  EXPECT_EQ(shell_word("plans/1"), "plans/1");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
}

TEST(TimeTextTest, ReadsWhatTheStateWrites) {
  const auto at = parse_time("2025-03-01T09:30:00.125Z");
  ASSERT_TRUE(at.has_value());
  EXPECT_EQ(state::rfc3339_utc(*at), "2025-03-01T09:30:00.125Z");
  EXPECT_FALSE(parse_time("2025-02-30T09:30:00.125Z").has_value());
  EXPECT_FALSE(parse_time("2025-03-01 09:30:00").has_value());
  EXPECT_EQ(parse_watermark("2025-03-01 09:30:00"), *at - std::chrono::milliseconds(125));
  EXPECT_EQ(parse_watermark("2025-03-01 09:30:00.125"), *at);
  EXPECT_EQ(parse_watermark("2025-03-01 09:30:00.125007"), *at + std::chrono::microseconds(7));
  for (const char* wrong : {"", "2025-03-01", "2025-03-01 09:30:00.", "2025-03-01 09:30:00.1250001",
                            "2025-03-01T09:30:00", "2025-02-29 09:30:00", "2025-03-01 24:00:00",
                            "2025-03-01 09:30:00 ", " 2025-03-01 09:30:00", "2025-03-01 09:30:0x",
                            "0000-00-00 00:00:00", "9999-12-31 23:59:59"}) {
    EXPECT_FALSE(parse_watermark(wrong).has_value()) << wrong;
  }
  EXPECT_EQ(age_text(std::chrono::minutes(185)), "3h 5m");
  EXPECT_EQ(age_text(-std::chrono::seconds(5)), "0s");
}

}  // namespace
}  // namespace rowplan::cmd
