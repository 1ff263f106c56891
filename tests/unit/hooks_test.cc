#include "executor/hooks.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>

#include "planner/refusal.h"

namespace rowplan::executor {
namespace {

using planner::CommandResult;

CommandResult exited(int code) { return {CommandResult::End::exited, code, "said so\n"}; }

/// Two scopes whose commands are called `job before`, `pair after` and so on.
class HooksTest : public ::testing::Test {
 protected:
  HooksTest() : job_(spec("job")), pair_(spec("pair")) {}

  static planner::HooksSpec spec(const std::string& own) {
    planner::HooksSpec made;
    made.before = {own + " before"};
    made.on_conflict = {own + " on_conflict"};
    made.on_success = {own + " on_success"};
    made.on_failure = {own + " on_failure"};
    made.after = {own + " after"};
    return made;
  }

  /// `server`: whose hooks the inner ones are, else a pair's.
  Hooks hooks(const std::string& server = "") {
    return {
        {{"the manifest", "", &job_, ""}, {"pair p", "p", &pair_, server}},
        {[this](const auto& argv, const std::string&, std::chrono::milliseconds) {
           called_.push_back(argv.at(0));
           const auto found = results_.find(argv.at(0));
           return found == results_.end() ? exited(0) : found->second;
         },
         [](HookPhase, const HookScope&) { return std::string("{}"); }, [](const std::string&) {}}};
  }

  planner::HooksSpec job_;
  planner::HooksSpec pair_;
  std::map<std::string, CommandResult> results_;
  std::vector<std::string> called_;
};

using Called = std::vector<std::string>;

TEST_F(HooksTest, FromTheOuterToTheInnerAndBack) {
  Hooks all = hooks();
  all.before();
  EXPECT_EQ(all.finish({true, true}).size(), 0U);
  EXPECT_EQ(called_, (Called{"job before", "pair before", "pair on_conflict", "pair on_success",
                             "pair after", "job on_conflict", "job on_success", "job after"}));
  EXPECT_EQ(all.finish({true, false}).size(), 0U);
  EXPECT_EQ(called_.size(), 8U) << "each once";
}

TEST_F(HooksTest, AServerThatIsDoneDoesNotWait) {
  Hooks all = hooks("far");
  EXPECT_EQ(all.leave("far").size(), 0U);
  EXPECT_TRUE(called_.empty()) << "nothing was begun";
  all.before();
  EXPECT_EQ(all.leave("near").size(), 0U);
  called_.clear();
  results_["pair after"] = exited(1);
  EXPECT_EQ(all.leave("far").size(), 1U);
  EXPECT_EQ(called_, (Called{"pair on_success", "pair after"}));
  EXPECT_EQ(all.leave("far").size(), 0U);
  EXPECT_EQ(all.finish({false, false}).size(), 0U);
  EXPECT_EQ(called_, (Called{"pair on_success", "pair after", "job on_failure", "job after"}));
}

TEST_F(HooksTest, AFailedBeforeEndsWhatWasBegun) {
  results_["pair before"] = exited(3);
  Hooks all = hooks();
  EXPECT_THROW(all.before(), HookError);
  EXPECT_EQ(all.finish({false, false}).size(), 0U);
  EXPECT_EQ(called_, (Called{"job before", "pair before", "pair on_failure", "pair after",
                             "job on_failure", "job after"}));
}

TEST_F(HooksTest, WhatCannotBeStartedHasBegunNothing) {
  results_["job before"] = {CommandResult::End::not_started, 2, ""};
  Hooks all = hooks();
  EXPECT_THROW(all.before(), HookError);
  EXPECT_EQ(all.finish({false, false}).size(), 0U);
  EXPECT_EQ(called_, Called{"job before"});
}

TEST_F(HooksTest, TryAgainLaterIsPassedOn) {
  results_["job before"] = exited(75);
  Hooks all = hooks();
  try {
    all.before();
    FAIL();
  } catch (const planner::Refusal& refusal) {
    EXPECT_EQ(refusal.reason(), planner::RefusalReason::temporary);
  }
}

TEST_F(HooksTest, FailuresAreTold) {
  job_.before.clear();
  results_["pair on_failure"] = exited(1);
  results_["job after"] = {CommandResult::End::timed_out, 0, "one\ntwo\n"};
  Hooks all = hooks();
  all.before();
  const std::vector<HookFailure> failures = all.finish({false, false});
  ASSERT_EQ(failures.size(), 2U);
  EXPECT_EQ(failures[0].detail, "ended with exit code 1: said so");
  EXPECT_EQ(failures[1].scope, "the manifest");
  EXPECT_EQ(failures[1].phase, HookPhase::after);
  EXPECT_EQ(failures[1].detail, "did not end within 60 s and was killed: one | two");
}

TEST(CommandWithInput, GetsItAndKeepsTheEndOfWhatItWrites) {
  const std::string text(300'000, 'x');
  const CommandResult counted = planner::run_with_input({"wc", "-c"}, {.text = text}, {});
  EXPECT_EQ(counted.end, CommandResult::End::exited);
  EXPECT_EQ(counted.output, "300000\n");
  const CommandResult ignored = planner::run_with_input({"true"}, {.text = text}, {});
  EXPECT_EQ(ignored.end, CommandResult::End::exited);
  const CommandResult long_one = planner::run_with_input({"sh", "-c", "cat; echo end >&2; exit 3"},
                                                         {.text = text}, {.max_bytes = 100});
  EXPECT_EQ(long_one.code, 3);
  EXPECT_EQ(long_one.output.size(), 100U);
  EXPECT_TRUE(long_one.output.ends_with("xend\n"));
}

TEST(CommandWithInput, IsEndedGently) {
  const CommandResult result = planner::run_with_input(
      {"sh", "-c", "trap 'echo cleaned; exit' TERM; while :; do sleep 0.05; done"}, {},
      {.timeout = std::chrono::milliseconds(500)});
  EXPECT_EQ(result.end, CommandResult::End::timed_out);
  EXPECT_TRUE(result.output.ends_with("cleaned\n")) << result.output;
}

TEST(CommandWithInput, DoesNotInheritWhatItMustNot) {
  setenv("ROWPLAN_HIDDEN", "secret", 1);
  setenv("ROWPLAN_HIDDEN_NOT", "shown", 1);
  const CommandResult result =
      planner::run_with_input({"env"}, {.without_env = {"ROWPLAN_HIDDEN"}}, {});
  EXPECT_EQ(result.output.find("ROWPLAN_HIDDEN="), std::string::npos);
  EXPECT_NE(result.output.find("ROWPLAN_HIDDEN_NOT=shown"), std::string::npos);
  unsetenv("ROWPLAN_HIDDEN");
  unsetenv("ROWPLAN_HIDDEN_NOT");
}

}  // namespace
}  // namespace rowplan::executor
