#include "planner/did_you_mean.h"

#include <gtest/gtest.h>

#include <string>

namespace rowplan::planner {
namespace {

TEST(DidYouMean, CountsEdits) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("direction", "diretion"), 1U);
  EXPECT_EQ(edit_distance("where", "hwere"), 1U) << "a swap is one edit";
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("Where", "WHERE"), 0U);
  EXPECT_EQ(edit_distance("ca", "abc"), 3U) << "swapped letters are not edited again";
}

TEST(DidYouMean, FindsTheNearest) {
  EXPECT_EQ(did_you_mean("diretion", {"deletes", "direction", "where"}), "direction");
  EXPECT_EQ(did_you_mean("Target", {"source", "target"}), "target");
  EXPECT_EQ(did_you_mean("hq1", {"hq2", "hq3"}), "hq2") << "the first of equals";
}

TEST(DidYouMean, FarAwayIsNotMeant) {
  EXPECT_EQ(did_you_mean("threads", {"tables", "where"}), std::nullopt);
  EXPECT_EQ(did_you_mean("ab", {"xy"}), std::nullopt);
  EXPECT_EQ(did_you_mean("a", {"b"}), std::nullopt) << "nothing is left of it";
  EXPECT_EQ(did_you_mean("", {"a"}), std::nullopt);
  EXPECT_EQ(did_you_mean("abc", {}), std::nullopt);
}

TEST(DidYouMean, AWordMayBeABeginning) {
  EXPECT_EQ(did_you_mean("max_plan", {"max_plan_bytes", "max_deletes"}), "max_plan_bytes");
  EXPECT_EQ(did_you_mean("max", {"max_plan_bytes", "max_deletes"}), std::nullopt) << "two do";
  EXPECT_EQ(did_you_mean("max_pl", {"max_plan_bytes"}), std::nullopt) << "within a word";
}

TEST(DidYouMean, LongWordsAreNotSearched) {
  const std::string word(100'000, 'a');
  EXPECT_EQ(did_you_mean(word, {"aaaa"}), std::nullopt);
}

}  // namespace
}  // namespace rowplan::planner
