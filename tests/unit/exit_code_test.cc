#include "cmd/exit_code.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>

#include "cmd/apply_command.h"
#include "cmd/check_command.h"
#include "cmd/manifest_file.h"
#include "cmd/sync_command.h"
#include "mysql/error.h"
#include "planner/credentials.h"
#include "planner/file_error.h"
#include "planner/plan_error.h"
#include "planner/planner.h"
#include "state/error.h"

namespace rowplan::cmd {
namespace {

template <typename Failure>
ErrorReport report(const Failure& failure, int signal = 0) {
  return report_of(std::make_exception_ptr(failure), signal);
}

mysql::Error server_error(unsigned code) {
  return mysql::Error("dw", code, "HY000", "no", "reading shop.orders");
}

// The order of the contract, written out a second time.
constexpr std::array kOrder = {130, 143, 64, 78, 16, 12, 14, 11, 13, 15, 10, 1, 75, 3, 4, 2, 0};

TEST(WorstTest, FollowsTheContractsOrderForEveryTwoCodes) {
  for (std::size_t left = 0; left < kOrder.size(); ++left) {
    for (std::size_t right = 0; right < kOrder.size(); ++right) {
      const ExitCode code = worst(ExitCode{kOrder[left]}, ExitCode{kOrder[right]});
      EXPECT_EQ(static_cast<int>(code), kOrder[std::min(left, right)]);
    }
  }
}

TEST(ReportOfTest, ServerErrors) {
  EXPECT_EQ(report(server_error(1045)).code, ExitCode::access);     // access denied
  EXPECT_EQ(report(server_error(1142)).code, ExitCode::access);     // no privilege on a table
  EXPECT_EQ(report(server_error(2002)).code, ExitCode::access);     // no connection
  EXPECT_EQ(report(server_error(2013)).code, ExitCode::temporary);  // connection lost
  EXPECT_EQ(report(server_error(1213)).code, ExitCode::temporary);  // deadlock, after its retries
  EXPECT_EQ(report(server_error(1064)).code, ExitCode::error);
  EXPECT_EQ(report(mysql::PinError("dw", "sql_mode")).code, ExitCode::error);
  EXPECT_EQ(report(mysql::IdentityError("dw", "another server")).code, ExitCode::stale);
  EXPECT_EQ(report(planner::CredentialError("dw", "not set")).code, ExitCode::access);
}

TEST(ReportOfTest, StateErrors) {
  using state::StateErrorKind;
  const auto code_of = [](StateErrorKind kind) {
    return report(state::StateError("s.db", kind, "no")).code;
  };
  EXPECT_EQ(code_of(StateErrorKind::unreadable), ExitCode::state);
  EXPECT_EQ(code_of(StateErrorKind::corrupt), ExitCode::state);
  EXPECT_EQ(code_of(StateErrorKind::newer_version), ExitCode::state);
  EXPECT_EQ(code_of(StateErrorKind::foreign), ExitCode::state);
  EXPECT_EQ(code_of(StateErrorKind::busy), ExitCode::temporary);
  EXPECT_EQ(code_of(StateErrorKind::full), ExitCode::error);
}

TEST(ReportOfTest, RefusalsKeepTheirHints) {
  const ErrorReport told =
      report(planner::Refusal(planner::RefusalReason::locked, "locked by another run", "wait"));
  EXPECT_EQ(told.code, ExitCode::locked);
  EXPECT_EQ(told.message, "locked by another run");
  EXPECT_EQ(told.hint, "wait");
}

TEST(ReportOfTest, EachReasonHasItsCode) {
  using planner::RefusalReason;
  EXPECT_EQ(exit_code_of(RefusalReason::usage), ExitCode::usage);
  EXPECT_EQ(exit_code_of(RefusalReason::manifest), ExitCode::manifest);
  EXPECT_EQ(exit_code_of(RefusalReason::digest), ExitCode::digest);
  EXPECT_EQ(exit_code_of(RefusalReason::access), ExitCode::access);
  EXPECT_EQ(exit_code_of(RefusalReason::state), ExitCode::state);
  EXPECT_EQ(exit_code_of(RefusalReason::locked), ExitCode::locked);
  EXPECT_EQ(exit_code_of(RefusalReason::limit), ExitCode::limit);
  EXPECT_EQ(exit_code_of(RefusalReason::conflict), ExitCode::conflict);
  EXPECT_EQ(exit_code_of(RefusalReason::stale), ExitCode::stale);
  EXPECT_EQ(exit_code_of(RefusalReason::temporary), ExitCode::temporary);
  EXPECT_EQ(exit_code_of(RefusalReason::throttled), ExitCode::temporary);
}

TEST(ReportOfTest, OtherFailures) {
  EXPECT_EQ(report(planner::PlanError("plan.json", "edited")).code, ExitCode::digest);
  EXPECT_EQ(report(ManifestRejected("no", "init")).code, ExitCode::manifest);
  EXPECT_EQ(report(std::runtime_error("no")).code, ExitCode::error);
  EXPECT_EQ(report(42).code, ExitCode::error);
  EXPECT_EQ(report(planner::Interrupted{}, SIGINT).code, ExitCode::interrupted);
  EXPECT_EQ(report(planner::Interrupted{}, SIGTERM).code, ExitCode::terminated);
  const ErrorReport in_the_way = report(planner::FileError("out", ENOTEMPTY, "write a plan into"));
  EXPECT_EQ(in_the_way.code, ExitCode::error);
  EXPECT_NE(in_the_way.hint.find("--overwrite"), std::string::npos);
}

planner::Plan sound_plan() {
  planner::Plan plan;
  plan.applyable = true;
  plan.complete = true;
  return plan;
}

TEST(CheckExitTest, EqualOnlyWhereAllWasRead) {
  planner::Plan plan = sound_plan();
  EXPECT_EQ(exit_code_of_check(plan, false), ExitCode::done);
  plan.summary.ops.kept = 5;  // kept rows are no difference
  EXPECT_EQ(exit_code_of_check(plan, false), ExitCode::done);
  plan.complete = false;
  EXPECT_EQ(exit_code_of_check(plan, false), ExitCode::error);
  EXPECT_EQ(exit_code_of_check(plan, true), ExitCode::error);
}

TEST(CheckExitTest, Differences) {
  planner::Plan plan = sound_plan();
  plan.summary.ops.update = 1;
  EXPECT_EQ(exit_code_of_check(plan, false), ExitCode::differs);
  plan.complete = false;
  EXPECT_EQ(exit_code_of_check(plan, false), ExitCode::error);
  EXPECT_EQ(exit_code_of_check(plan, true), ExitCode::differs);  // --fast stopped there
  plan.summary.ops.update = 0;
  plan.summary.tables_changed = 1;  // and has counted nothing
  EXPECT_EQ(exit_code_of_check(plan, true), ExitCode::differs);
  plan.findings.push_back({"column_missing", planner::Severity::error, "p/a.b", "no", ""});
  EXPECT_EQ(exit_code_of_check(plan, true), ExitCode::limit);
}

executor::ApplyResult result_of(std::uint64_t applied, std::uint64_t stale) {
  executor::ApplyResult result;
  result.units = applied + stale;
  result.applied = applied;
  result.stale = stale;
  return result;
}

TEST(ApplyExitTest, StaleUnits) {
  using executor::OnStale;
  EXPECT_EQ(exit_code_of_apply(result_of(3, 0), OnStale::abort, 0), ExitCode::done);
  EXPECT_EQ(exit_code_of_apply(result_of(2, 1), OnStale::abort, 0), ExitCode::stale);
  EXPECT_EQ(exit_code_of_apply(result_of(2, 1), OnStale::skip, 0), ExitCode::partial);
  EXPECT_EQ(exit_code_of_apply(result_of(0, 1), OnStale::skip, 0), ExitCode::stale);
}

TEST(ApplyExitTest, FailuresAndSignals) {
  using executor::OnStale;
  executor::ApplyResult result = result_of(2, 1);
  result.failed = 1;
  EXPECT_EQ(exit_code_of_apply(result, OnStale::skip, 0), ExitCode::error);
  result.failure = std::make_exception_ptr(server_error(2013));
  EXPECT_EQ(exit_code_of_apply(result, OnStale::skip, 0), ExitCode::temporary);
  EXPECT_EQ(exit_code_of_apply(result, OnStale::abort, 0), ExitCode::stale);
  result.interrupted = true;
  EXPECT_EQ(exit_code_of_apply(result, OnStale::abort, SIGINT), ExitCode::interrupted);
  EXPECT_EQ(exit_code_of_apply(result, OnStale::abort, SIGTERM), ExitCode::terminated);
}

TEST(ApplyExitTest, NeverDoneWhereUnitsAreLeft) {
  executor::ApplyResult result = result_of(1, 0);
  result.not_tried = 1;
  EXPECT_EQ(exit_code_of_apply(result, executor::OnStale::abort, 0), ExitCode::partial);
  result.applied = 0;
  EXPECT_EQ(exit_code_of_apply(result, executor::OnStale::abort, 0), ExitCode::error);
}

TEST(ExitCodeTest, OfSync) {
  executor::SyncResult result;
  EXPECT_EQ(exit_code_of_sync(result, 0), ExitCode::error) << "nothing was applied";
  result.rounds.emplace_back();
  result.rounds[0].resumed = true;
  result.rounds[0].applied.emplace();
  EXPECT_EQ(exit_code_of_sync(result, 0), ExitCode::error) << "only an earlier run's plan";
  result.rounds.emplace_back();
  result.rounds[1].applied.emplace();
  EXPECT_EQ(exit_code_of_sync(result, 0), ExitCode::done);
  result.rounds[1].applied->stale = 1;
  EXPECT_EQ(exit_code_of_sync(result, 0), ExitCode::stale);
  result.rounds[0].applied->applied = 1;
  EXPECT_EQ(exit_code_of_sync(result, 0), ExitCode::partial);
  result.out_of_time = true;
  EXPECT_EQ(exit_code_of_sync(result, 0), ExitCode::temporary);
  result.verified.emplace();
  EXPECT_EQ(exit_code_of_sync(result, 0), ExitCode::error) << "not equal";
  result.failure =
      std::make_exception_ptr(planner::Refusal(planner::RefusalReason::limit, "over the limit"));
  EXPECT_EQ(exit_code_of_sync(result, 0), ExitCode::limit);
  result.interrupted = true;
  EXPECT_EQ(exit_code_of_sync(result, SIGTERM), ExitCode::terminated);
}

TEST(SyncResultTest, AttemptsAtOnePlanCountTogether) {
  executor::ApplyResult first;
  first.units = 5;
  first.applied = 2;
  first.failed = 1;
  first.not_tried = 2;
  first.written.insert = 7;
  executor::ApplyResult second;
  second.units = 5;
  second.already_done = 3;  // two of them by the first attempt
  second.applied = 2;
  second.written.insert = 1;
  const executor::ApplyResult both = executor::together(first, second);
  EXPECT_EQ(both.applied, 4U);
  EXPECT_EQ(both.already_done, 1U);
  EXPECT_EQ(both.failed, 0U);
  EXPECT_EQ(both.not_tried, 0U);
  EXPECT_EQ(both.written.insert, 8U);
}

}  // namespace
}  // namespace rowplan::cmd
