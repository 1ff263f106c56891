#include "planner/reading_rests.h"

#include <gtest/gtest.h>

#include "tests/unit/pair_builder.h"

namespace rowplan::planner {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

class ReadingRestsTest : public ::testing::Test {
 protected:
  ReadingRestsTest() {
    ways_.now = [this] { return now_; };
    ways_.wanted = [this] {
      ++asked_;
      return wanted_;
    };
    ways_.open = [](const std::string&) -> mysql::Session { throw std::logic_error("opened"); };
  }

  TablePair pair_ = testing::PairBuilder("t").integer("id").key().build();
  std::chrono::steady_clock::time_point now_{std::chrono::hours(7)};
  RestWays ways_;
  bool wanted_ = false;
  unsigned asked_ = 0;
};

TEST_F(ReadingRestsTest, SnapshotsAreOfAnAge) {
  ReadingRests rests(pair_, ways_);
  rests.opened();
  EXPECT_FALSE(rests.due());
  now_ += kSnapshotAge - milliseconds(1);
  EXPECT_FALSE(rests.due());
  now_ += milliseconds(1);
  EXPECT_TRUE(rests.due());
  rests.opened();
  EXPECT_FALSE(rests.due());
}

TEST_F(ReadingRestsTest, WhoWaitsIsAskedForNowAndThen) {
  ReadingRests rests(pair_, ways_);
  rests.opened();
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(rests.due());
  EXPECT_EQ(asked_, 0U);
  now_ += milliseconds(500);
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(rests.due());
  EXPECT_EQ(asked_, 1U);
  wanted_ = true;
  now_ += milliseconds(499);
  EXPECT_FALSE(rests.due());
  now_ += milliseconds(1);
  EXPECT_TRUE(rests.due());
  wanted_ = false;
  now_ += minutes(1);
  EXPECT_TRUE(rests.due()) << "until it rested";
  EXPECT_EQ(asked_, 2U);
  rests.opened();
  EXPECT_FALSE(rests.due());
}

TEST_F(ReadingRestsTest, NoneWithoutAWay) {
  ways_.open = {};
  wanted_ = true;
  ReadingRests rests(pair_, ways_);
  rests.opened();
  now_ += 2 * kSnapshotAge;
  EXPECT_FALSE(rests.due());
  EXPECT_EQ(asked_, 0U);
}

}  // namespace
}  // namespace rowplan::planner
