#include "executor/throttle.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "planner/refusal.h"

namespace rowplan::executor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Servers, files and a clock that do what a test says. Sleeping is what moves the clock.
class ThrottleTest : public ::testing::Test, public ThrottleProbe {
 protected:
  ThrottleTest() {
    manifest_.file = "job/rowplan.toml";
    planner::PairSpec pair;
    pair.name = "orders";
    pair.source = "hq";
    pair.target = "dw";
    manifest_.pairs = {pair, pair};
    manifest_.pairs[1].name = "other";
  }

  double status(const std::string& server, const std::string& name) override {
    ++questions_;
    return status_[server + ' ' + name];
  }
  std::vector<ReplicaLag> lags(const planner::PairSpec&) override {
    ++questions_;
    return lags_;
  }
  bool exists(const std::string& path) override { return files_.contains(path); }

  planner::ThrottleSpec& spec() { return manifest_.pairs[0].throttle; }

  /// `after` has passed since the start: `then` happens.
  void at(milliseconds after, std::function<void()> then) { events_[after] = std::move(then); }

  Throttle& throttle() {
    if (!throttle_) {
      throttle_.emplace(
          manifest_, *this,
          ThrottleEvents{[this](const std::string& why) { told_.push_back(why); },
                         [this] { return stopped_; }, [this] { ++idle_; }},
          ThrottleClock{[this] { return std::chrono::steady_clock::time_point(now_); },
                        [this] { return minute_; }, [this](milliseconds time) { sleep(time); }});
    }
    return *throttle_;
  }
  bool write() { return throttle().before_writing({"orders"}); }

  void sleep(milliseconds time) {
    now_ += time;
    ASSERT_LT(now_, std::chrono::hours(48)) << "it waits for ever";
    while (!events_.empty() && events_.begin()->first <= now_) {
      const auto then = events_.begin()->second;
      events_.erase(events_.begin());
      then();
    }
  }

  planner::Manifest manifest_;
  std::map<std::string, double> status_;
  std::vector<ReplicaLag> lags_;
  std::set<std::string> files_;
  std::vector<std::string> told_;
  milliseconds now_{0};
  unsigned minute_ = 12 * 60;
  bool stopped_ = false;
  unsigned idle_ = 0;
  unsigned questions_ = 0;

 private:
  std::map<milliseconds, std::function<void()>> events_;
  std::optional<Throttle> throttle_;
};

using Told = std::vector<std::string>;

TEST_F(ThrottleTest, WithoutKeysNothingIsAskedAndNothingWaits) {
  EXPECT_FALSE(write());
  EXPECT_FALSE(throttle().before_reading("orders"));
  EXPECT_FALSE(throttle().after_writing({"orders"}, seconds(5)));
  EXPECT_EQ(questions_, 0U);
  EXPECT_EQ(now_, milliseconds(0));
  EXPECT_EQ(told_, Told{});
}

TEST_F(ThrottleTest, WaitsForLoadOfEitherMember) {
  spec().max_load = {{"Threads_running", 25}};
  status_["hq Threads_running"] = 25;
  at(seconds(3), [&] {
    status_["hq Threads_running"] = 24;
    status_["dw Threads_running"] = 99;
  });
  at(seconds(9), [&] { status_["dw Threads_running"] = 1; });
  EXPECT_TRUE(write());
  EXPECT_GE(now_, seconds(9));
  EXPECT_LE(now_, seconds(10));
  EXPECT_EQ(told_, (Told{"max_load: Threads_running of 'hq' is 25, the limit is 25",
                         "max_load: Threads_running of 'dw' is 99, the limit is 25", ""}));
}

TEST_F(ThrottleTest, TellsWhoHoldsASnapshotThatItWouldWait) {
  spec().pause_file = "pause";
  EXPECT_FALSE(throttle().would_wait_to_read("orders"));
  files_ = {"job/pause"};
  EXPECT_TRUE(throttle().would_wait_to_read("orders"));
  EXPECT_FALSE(throttle().would_wait_to_read("other"));
  EXPECT_EQ(now_, milliseconds(0));
  EXPECT_EQ(told_, Told{});
  bool other = false;
  at(seconds(1), [&] {
    std::thread([&] { other = throttle().would_wait_to_read("other"); }).join();
    files_.clear();
  });
  EXPECT_TRUE(throttle().before_reading("orders"));
  EXPECT_TRUE(other) << "while one waits, so do the others";
  EXPECT_FALSE(throttle().would_wait_to_read("other"));
}

TEST_F(ThrottleTest, AsksServersAgainOnlyAfterAWhile) {
  spec().max_load = {{"Threads_running", 25}};
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(write());
  EXPECT_EQ(questions_, 2U);
  now_ += seconds(1);
  EXPECT_FALSE(write());
  EXPECT_EQ(questions_, 4U);
}

TEST_F(ThrottleTest, WaitsForTheReplicaThatIsFurthestBehind) {
  spec().max_lag = seconds(5);
  lags_ = {{"r1", 5, ""}, {"r2", 6, ""}, {"r3", 7, ""}};
  at(seconds(1), [&] { lags_[2].seconds = 0; });
  at(seconds(2), [&] { lags_[1] = {"r2", std::nullopt, "stands still"}; });
  at(seconds(60), [&] { lags_[1] = {"r2", 5, ""}; });
  EXPECT_TRUE(write());
  EXPECT_GE(now_, seconds(60));
  EXPECT_EQ(told_, (Told{"max_lag: replica 'r3' is 7 s behind, allowed are 5 s",
                         "max_lag: replica 'r2' is 6 s behind, allowed are 5 s",
                         "max_lag: replica 'r2' stands still", ""}));
  EXPECT_EQ(idle_, 2U) << "at once, and after half a minute";
}

TEST_F(ThrottleTest, LagAndTimeOfDayAreForWritesAlone) {
  spec().max_lag = seconds(5);
  lags_ = {{"r1", 500, ""}};
  spec().not_between = {{8 * 60, 18 * 60}};
  EXPECT_FALSE(throttle().before_reading("orders"));
  spec().pause_file = "pause";
  files_ = {"job/pause"};
  at(seconds(2), [&] { files_.clear(); });
  EXPECT_TRUE(throttle().before_reading("orders"));
}

TEST_F(ThrottleTest, AFileOfTheManifestsDirectoryPauses) {
  spec().pause_file = "pause";
  files_ = {"job/pause"};
  at(seconds(4), [&] { files_.clear(); });
  EXPECT_TRUE(write());
  EXPECT_EQ(told_, (Told{"the pause file pause is there", ""}));
}

void expect_temporary(const std::function<void()>& work, const std::string& part) {
  try {
    work();
    FAIL() << "nothing stopped it";
  } catch (const planner::Refusal& refusal) {
    EXPECT_EQ(refusal.reason(), planner::RefusalReason::throttled);
    EXPECT_NE(std::string(refusal.what()).find(part), std::string::npos) << refusal.what();
  }
}

TEST_F(ThrottleTest, APanicFileStopsEvenAWait) {
  spec().pause_file = "pause";
  spec().panic_file = "panic";
  files_ = {"job/pause"};
  at(seconds(4), [&] { files_.insert("job/panic"); });
  expect_temporary([&] { write(); }, "panic");
  EXPECT_LE(now_, seconds(5));
}

TEST_F(ThrottleTest, ACriticalLoadStops) {
  spec().max_load = {{"Threads_running", 25}};
  spec().critical_load = {{"Threads_running", 50}};
  status_["dw Threads_running"] = 30;
  at(seconds(4), [&] { status_["dw Threads_running"] = 50; });
  expect_temporary([&] { write(); }, "Threads_running of 'dw' is 50, the limit is 50");
  EXPECT_GE(now_, seconds(4));
}

TEST_F(ThrottleTest, ASpanOfTheDay) {
  spec().not_between = {{8 * 60, 18 * 60}, {22 * 60, 2 * 60}};
  for (const unsigned minute : {8 * 60, 18 * 60 - 1, 22 * 60, 0, 2 * 60 - 1}) {
    minute_ = minute;
    now_ = milliseconds(0);
    told_.clear();
    at(seconds(5), [&] { minute_ = 18 * 60; });
    EXPECT_TRUE(write()) << minute;
    EXPECT_EQ(told_.size(), 2U) << minute;
  }
  for (const unsigned minute : {2 * 60, 8 * 60 - 1, 18 * 60, 22 * 60 - 1}) {
    minute_ = minute;
    EXPECT_FALSE(write()) << minute;
  }
}

TEST_F(ThrottleTest, RestsInProportion) {
  spec().nice_ratio = 2;
  EXPECT_TRUE(throttle().after_writing({"other", "orders"}, milliseconds(300)));
  EXPECT_EQ(now_, milliseconds(600));
  EXPECT_FALSE(throttle().after_writing({"other"}, milliseconds(300)));
  EXPECT_EQ(told_, (Told{"nice_ratio: rests for 0.6 s", ""}));
}

TEST_F(ThrottleTest, APanicFileEndsARest) {
  spec().nice_ratio = 100;
  spec().panic_file = "/run/panic";
  at(seconds(10), [&] { files_ = {"/run/panic"}; });
  expect_temporary([&] { throttle().after_writing({"orders"}, seconds(60)); }, "/run/panic");
  EXPECT_LE(now_, seconds(11));
}

TEST_F(ThrottleTest, EachPairOfATransactionCounts) {
  spec().pause_file = "pause";
  files_ = {"job/pause"};
  EXPECT_FALSE(throttle().before_writing({"other"}));
  at(seconds(1), [&] { files_.clear(); });
  EXPECT_TRUE(throttle().before_writing({"other", "orders"}));
}

TEST_F(ThrottleTest, AStopEndsAWaitAtOnce) {
  spec().pause_file = "pause";
  files_ = {"job/pause"};
  at(milliseconds(1200), [&] { stopped_ = true; });
  EXPECT_TRUE(write());
  EXPECT_LE(now_, milliseconds(1250));
  EXPECT_EQ(told_.back(), "");
  EXPECT_FALSE(throttle().after_writing({"orders"}, seconds(1))) << "stopped already";
}

}  // namespace
}  // namespace rowplan::executor
