// Changes that wait in a file, and take other chunks' numbers when they leave it.
#include "planner/change_spool.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/sample_plan.h"

namespace rowplan::planner {
namespace {

class Lines : public ChangeSink {
 public:
  void append(const Change& change) override { lines.push_back(to_json_line(change)); }
  void append_line(std::string_view line) override { lines.emplace_back(line); }
  void mark() override { marked = lines.size(); }
  void rollback() override { lines.resize(marked); }
  std::vector<std::string> lines;
  std::size_t marked = 0;
};

Change change_of(std::uint64_t chunk, const std::string& value) {
  Change change;
  change.op = Op::insert;
  change.on = R"(a",\"chunk\":9,")";
  change.chunk = chunk;
  change.key = std::vector<PlanValue>{{PlanValue::Form::text, value, 0}};
  change.after = {{"v", PlanValue{PlanValue::Form::text, value, 0}}};
  change.reason = "missing";
  return change;
}

TEST(ChangeSpool, HandsOnWithOtherChunks) {
  const sample::TemporaryDirectory temporary;
  ChangeSpool spool(temporary.path());
  Lines expected;
  std::uint64_t bytes = 0;
  for (std::uint64_t i = 1; i <= 300; ++i) {
    // Some lines are longer than what is read at once.
    const std::string value(i % 100 == 0 ? 200'000U : i, static_cast<char>('a' + i % 26));
    spool.append(change_of(i, value));
    bytes += to_json_line(change_of(i, value)).size() + 1;
    expected.append(change_of(i + 41, value));
  }
  EXPECT_EQ(spool.bytes(), bytes);
  Lines got;
  spool.hand_on(got, 41);
  EXPECT_EQ(got.lines, expected.lines);
  EXPECT_EQ(got.marked, got.lines.size());
}

TEST(ChangeSpool, TakesBackToTheLastMark) {
  const sample::TemporaryDirectory temporary;
  ChangeSpool spool(temporary.path());
  spool.append(change_of(1, "a"));
  spool.mark();
  spool.append(change_of(2, std::string(100'000, 'b')));
  spool.rollback();
  spool.rollback();
  spool.append(change_of(2, "c"));
  Lines got;
  spool.hand_on(got, 0);
  EXPECT_EQ(got.lines, (std::vector<std::string>{to_json_line(change_of(1, "a")),
                                                 to_json_line(change_of(2, "c"))}));
}

TEST(ChangeSpool, LeavesNothingBehind) {
  const sample::TemporaryDirectory temporary;
  ChangeSpool spool(temporary.path());
  spool.append(change_of(1, "a"));
  EXPECT_TRUE(std::filesystem::is_empty(temporary.path()));
}

TEST(ChangeSpool, AnEmptyOneHandsNothingOn) {
  const sample::TemporaryDirectory temporary;
  ChangeSpool spool(temporary.path());
  Lines got;
  spool.hand_on(got, 7);
  EXPECT_TRUE(got.lines.empty());
}

}  // namespace
}  // namespace rowplan::planner
