// Watermarks move by compare-and-set.
#include "state/watermarks.h"

#include <gtest/gtest.h>

#include "tests/unit/state_support.h"

namespace rowplan::state {
namespace {

using testing::create;
using testing::in_child;
using testing::TempDir;

class StateWatermarks : public ::testing::Test {
 protected:
  TempDir dir_;
  Store store_ = create(dir_ / "s.db");
  Watermarks watermarks_{store_};
};

TEST_F(StateWatermarks, MovesOnlyFromWhatIsExpected) {
  const std::string address = "orders/shop.orders";
  auto outcome = watermarks_.compare_and_set(address, "1", "2", "P");
  ASSERT_TRUE(std::holds_alternative<WatermarkDiffers>(outcome));
  EXPECT_FALSE(std::get<WatermarkDiffers>(outcome).stored);
  EXPECT_FALSE(watermarks_.find(address));

  outcome = watermarks_.compare_and_set(address, std::nullopt, "1", "P1");
  EXPECT_TRUE(std::holds_alternative<WatermarkMoved>(outcome));
  outcome = watermarks_.compare_and_set(address, std::nullopt, "2", "P2");
  ASSERT_TRUE(std::holds_alternative<WatermarkDiffers>(outcome));
  EXPECT_EQ(std::get<WatermarkDiffers>(outcome).stored->value, "1");

  outcome = watermarks_.compare_and_set(address, "1", "2", "P2");
  EXPECT_TRUE(std::holds_alternative<WatermarkMoved>(outcome));
  EXPECT_EQ(watermarks_.find(address)->value, "2");
  EXPECT_EQ(watermarks_.find(address)->plan_id, "P2");
}

TEST_F(StateWatermarks, ValuesAreOpaque) {
  const std::string value("2024-01-01\0'; --", 16);
  watermarks_.set("a", value);
  EXPECT_EQ(watermarks_.find("a")->value, value);
  EXPECT_EQ(watermarks_.find("a")->plan_id, "");
  EXPECT_TRUE(std::holds_alternative<WatermarkDiffers>(
      watermarks_.compare_and_set("a", "2024-01-01", "x", "P")));
}

TEST_F(StateWatermarks, ListsAndRemoves) {
  watermarks_.set("b", "2");
  watermarks_.set("a", "1");
  ASSERT_EQ(watermarks_.all().size(), 2U);
  EXPECT_EQ(watermarks_.all()[0].address, "a");
  EXPECT_TRUE(watermarks_.remove("a"));
  EXPECT_FALSE(watermarks_.remove("a"));
  EXPECT_EQ(watermarks_.all().size(), 1U);
}

TEST(StateWatermarksRace, OneOfTwoProcessesMovesItEachTime) {
  const TempDir dir;
  { auto store = create(dir / "s.db"); }
  const auto race = [&] {
    const pid_t pid = ::fork();
    if (pid == 0) {
      int moved = 0;
      auto store = Store::open(dir / "s.db", OpenMode::read_write);
      Watermarks watermarks(*store);
      for (int i = 0; i < 50; ++i) {
        const auto expected = i == 0 ? std::nullopt : std::optional(std::to_string(i - 1));
        const auto outcome = watermarks.compare_and_set("a", expected, std::to_string(i), "P");
        moved += std::holds_alternative<WatermarkMoved>(outcome) ? 1 : 0;
      }
      ::_exit(moved);
    }
    return pid;
  };
  int moved = 0;
  for (const pid_t pid : {race(), race()}) {
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    ASSERT_TRUE(WIFEXITED(status));
    moved += WEXITSTATUS(status);
  }
  // Each step can be taken once. A process that fell behind finds the value gone past its own.
  EXPECT_EQ(moved, 50);
  auto store = Store::open(dir / "s.db", OpenMode::read_only);
  EXPECT_EQ(Watermarks(*store).find("a")->value, "49");
}

}  // namespace
}  // namespace rowplan::state
