// The history of runs, and what is known of each pair.
#include "state/runs.h"

#include <gtest/gtest.h>

#include "state/pairs.h"
#include "tests/unit/state_support.h"

namespace rowplan::state {
namespace {

using testing::TempDir;

class StateRuns : public ::testing::Test {
 protected:
  StateRuns() {
    OpenOptions options;
    options.clock = [this] { return now_; };
    store_.emplace(std::move(*Store::open(dir_ / "s.db", OpenMode::create, options)));
  }
  static RunStart start(const std::string& id, std::vector<std::string> pairs = {"orders"}) {
    return {id, "PLAN-" + id, "digest", "apply", std::move(pairs), "0.1.0", "ci-7", 4711};
  }
  void run(const std::string& id, std::vector<std::string> pairs = {"orders"}) {
    Runs(*store_).begin(start(id, std::move(pairs)));
    Runs(*store_).finish(id, {});
    now_ += std::chrono::hours(1);
  }
  TempDir dir_;
  std::chrono::system_clock::time_point now_{};
  std::optional<Store> store_;
};

TEST_F(StateRuns, ARunIsThereFromItsBeginning) {
  Runs runs(*store_);
  runs.begin(start("R1", {"b", "a"}));
  const auto open = runs.find("R1");
  ASSERT_TRUE(open);
  EXPECT_EQ(open->started_at, "1970-01-01T00:00:00.000Z");
  EXPECT_FALSE(open->finished_at);
  EXPECT_FALSE(open->end);
  EXPECT_EQ(open->start.pairs, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(open->start.plan_id, "PLAN-R1");
  EXPECT_EQ(open->start.plan_digest, "digest");
  EXPECT_EQ(open->start.verb, "apply");
  EXPECT_EQ(open->start.tool_version, "0.1.0");
  EXPECT_EQ(open->start.host, "ci-7");
  EXPECT_EQ(open->start.pid, 4711);
  EXPECT_FALSE(runs.find("R2"));
}

TEST_F(StateRuns, AFinishedRunHasItsNumbers) {
  Runs runs(*store_);
  runs.begin(start("R1"));
  now_ += std::chrono::seconds(90);
  const RunEnd end{3, {1, 2, 3, 4, 5}, 6, 7, 8, 9, "2 units stale"};
  runs.finish("R1", end);
  const auto run = runs.find("R1");
  EXPECT_EQ(run->finished_at, "1970-01-01T00:01:30.000Z");
  EXPECT_EQ(run->end, end);
}

TEST_F(StateRuns, ARunIdIsUsedOnce) {
  Runs runs(*store_);
  runs.begin(start("R1"));
  try {
    runs.begin(start("R1"));
    ADD_FAILURE() << "twice";
  } catch (const StateError& error) {
    EXPECT_EQ(error.kind(), StateErrorKind::other);
    EXPECT_EQ(error.sqlite_code() & 0xff, 19);  // SQLITE_CONSTRAINT
  }
}

TEST_F(StateRuns, NewestFirstAndByPair) {
  run("R1", {"a"});
  run("R2", {"a", "b"});
  run("R3", {"b"});
  Runs runs(*store_);
  ASSERT_EQ(runs.newest(2).size(), 2U);
  EXPECT_EQ(runs.newest(2)[0].start.run_id, "R3");
  EXPECT_EQ(runs.newest(2)[1].start.run_id, "R2");
  ASSERT_EQ(runs.newest(100, "a").size(), 2U);
  EXPECT_EQ(runs.newest(1, "a")[0].start.run_id, "R2");
  EXPECT_TRUE(runs.newest(100, "c").empty());
  EXPECT_TRUE(runs.newest(0).empty());
}

TEST_F(StateRuns, PruneKeepsTheLastOfEachPair) {
  run("R1", {"rare"});
  run("R2");
  run("R3");
  run("R4");
  Runs runs(*store_);
  EXPECT_EQ(runs.prune(store_->now()), 2U);
  EXPECT_TRUE(runs.find("R1"));
  EXPECT_FALSE(runs.find("R2"));
  EXPECT_FALSE(runs.find("R3"));
  EXPECT_TRUE(runs.find("R4"));
  EXPECT_EQ(runs.newest(10, "orders").size(), 1U);
}

TEST_F(StateRuns, WhatPeopleDidIsInTheHistoryAndIsNoRun) {
  Runs runs(*store_);
  EXPECT_FALSE(runs.last_of("orders"));
  run("R1");
  RunStart act = start("R2");
  act.verb = "state rebase";
  runs.begin(act);
  runs.finish("R2", {});
  EXPECT_EQ(runs.newest(10, "orders").size(), 2U);
  ASSERT_TRUE(runs.last_of("orders"));
  EXPECT_EQ(runs.last_of("orders")->start.run_id, "R1");
  EXPECT_FALSE(runs.last_of("rare"));
  now_ += std::chrono::hours(1);
  EXPECT_EQ(runs.prune(store_->now()), 1U);
  EXPECT_TRUE(runs.last_of("orders"));
  EXPECT_FALSE(runs.find("R2"));
}

TEST_F(StateRuns, AFullCompareCanBeForgotten) {
  Pairs pairs(*store_);
  EXPECT_FALSE(pairs.forget_full_compare("orders"));
  pairs.succeeded("orders", "P1", {1, 2, 3, 4, 5}, CompareScope::full);
  pairs.succeeded("hr", "P1", {}, CompareScope::full);
  EXPECT_TRUE(pairs.forget_full_compare("orders"));
  EXPECT_FALSE(pairs.forget_full_compare("orders"));
  EXPECT_FALSE(pairs.find("orders")->last_full_compare_at);
  EXPECT_EQ(pairs.find("orders")->rows.kept, 5U);
  EXPECT_TRUE(pairs.find("hr")->last_full_compare_at);
}

TEST_F(StateRuns, PairsRememberTheirLastSuccess) {
  Pairs pairs(*store_);
  EXPECT_FALSE(pairs.find("orders"));
  pairs.succeeded("orders", "P1", {1, 2, 3, 4, 5}, CompareScope::full);
  now_ += std::chrono::hours(1);
  pairs.succeeded("orders", "P2", {10, 0, 0, 0, 0}, CompareScope::partial);
  pairs.succeeded("hr", "P2", {}, CompareScope::partial);
  const auto pair = pairs.find("orders");
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->last_success_at, "1970-01-01T01:00:00.000Z");
  EXPECT_EQ(pair->last_plan_id, "P2");
  EXPECT_EQ(pair->last_full_compare_at, "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(pair->rows, (RowCounts{10, 0, 0, 0, 0}));
  ASSERT_EQ(pairs.all().size(), 2U);
  EXPECT_EQ(pairs.all()[0].address, "hr");
  EXPECT_FALSE(pairs.all()[0].last_full_compare_at);
}

}  // namespace
}  // namespace rowplan::state
