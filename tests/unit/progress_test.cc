#include "cmd/progress.h"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <sstream>

#include "cmd/observers.h"
#include "planner/utf8.h"

namespace rowplan::cmd {
namespace {

using namespace std::chrono_literals;

ProgressReading rows(std::uint64_t done, std::uint64_t total) {
  return {"compared", "rows", done, total, true, "1 of 2 tables"};
}

TEST(PlainLineTest, TellsShareRateAndRest) {
  EXPECT_EQ(plain_line(rows(500, 1000), 10s),
            "compared 500 of about 1000 rows (50%), 50/s, 0:10 left; 1 of 2 tables");
  EXPECT_EQ(plain_line({"finished", "units", 3, 3, false, ""}, 0s), "finished 3 of 3 units (100%)");
  EXPECT_EQ(plain_line({"finished", "units", 7, 0, false, ""}, 0s), "finished 7 units");
}

TEST(PlainLineTest, AWaitIsToldFirst) {
  EXPECT_EQ(plain_line(rows(500, 1000), 10s, "the pause file p is there"),
            "waiting: the pause file p is there; compared 500 of about 1000 rows (50%); 1 of 2 "
            "tables");
}

TEST(PlainLineTest, AnEstimateIsNeverReached) {
  EXPECT_EQ(plain_line(rows(1200, 1000), 0s),
            "compared 1200 of about 1000 rows (99%); 1 of 2 tables");
}

TEST(BarLineTest, FitsTheTerminal) {
  const std::string line = bar_line(rows(500, 1000), 10s, 200);
  EXPECT_TRUE(line.starts_with("[============>           ]  50% compared 500")) << line;
  EXPECT_EQ(bar_line(rows(500, 1000), 10s, 40).size(), 40U);
  ProgressReading named = rows(1, 2);
  named.detail = "Größe/Größe.Größe";
  EXPECT_LE(planner::utf8_length(bar_line(named, 0s, 70)), 70U);
  EXPECT_TRUE(bar_line({"finished", "units", 9, 9, false, ""}, 0s, 80)
                  .starts_with("[========================] 100% finished 9 of 9"));
}

TEST(ResolvedModeTest, DependsOnTheTerminal) {
  const TerminalFacts terminal{true, false, false};
  const TerminalFacts dumb{true, false, true};
  const TerminalFacts file{false, false, false};
  EXPECT_EQ(resolved_mode(ProgressMode::automatic, false, terminal), ProgressMode::bar);
  EXPECT_EQ(resolved_mode(ProgressMode::automatic, false, dumb), ProgressMode::plain);
  EXPECT_EQ(resolved_mode(ProgressMode::automatic, false, file), ProgressMode::plain);
  EXPECT_EQ(resolved_mode(ProgressMode::bar, false, file), ProgressMode::bar);
  EXPECT_EQ(resolved_mode(ProgressMode::bar, true, terminal), ProgressMode::none);
}

TEST(ColorTest, HeedsTheEnvironmentUnlessTold) {
  EXPECT_TRUE(use_color(ColorMode::automatic, {true, false, false}));
  EXPECT_FALSE(use_color(ColorMode::automatic, {true, true, false}));
  EXPECT_FALSE(use_color(ColorMode::automatic, {true, false, true}));
  EXPECT_FALSE(use_color(ColorMode::automatic, {false, false, false}));
  EXPECT_TRUE(use_color(ColorMode::always, {false, true, true}));
  EXPECT_FALSE(use_color(ColorMode::never, {true, false, false}));
}

/// A view on streams, with a clock that stands until it is moved.
struct ViewTest : ::testing::Test {
  ProgressSettings settings(ProgressMode mode) {
    ProgressSettings made;
    made.mode = mode;
    made.clock = [this] { return now; };
    made.heartbeat = false;
    return made;
  }

  std::chrono::steady_clock::time_point now{};
  std::ostringstream out;
  std::ostringstream err;
  Console console{out, err, {}};
};

TEST_F(ViewTest, PlainLinesEveryTenSeconds) {
  ProgressView view(console, settings(ProgressMode::plain));
  view.show(rows(1, 100));
  now += 9s;
  view.show(rows(2, 100));
  EXPECT_EQ(err.str(), "");
  now += 1s;
  view.tick();
  EXPECT_EQ(err.str(), "compared 2 of about 100 rows (2%), 8:10 left; 1 of 2 tables\n");
  now += 9s;
  view.show(rows(50, 100));
  view.finish();
  EXPECT_EQ(err.str(), "compared 2 of about 100 rows (2%), 8:10 left; 1 of 2 tables\n");
  EXPECT_EQ(out.str(), "");
}

TEST_F(ViewTest, TheBarStandsBelowOtherLinesAndGoesAway) {
  ProgressView view(console, settings(ProgressMode::bar));
  now += 1s;
  view.show({"finished", "units", 1, 2, false, ""});
  const std::string bar = "[============>           ]  50% finished 1 of 2 units, 1/s, 0:01 left";
  EXPECT_EQ(err.str(), bar);
  console.message("a line");
  EXPECT_EQ(err.str(), bar + "\r\x1b[Ka line\n" + bar);
  view.finish();
  EXPECT_EQ(err.str(), bar + "\r\x1b[Ka line\n" + bar + "\r\x1b[K");
}

TEST_F(ViewTest, NoneSaysNothing) {
  ProgressView view(console, settings(ProgressMode::none));
  now += 1min;
  view.show(rows(1, 2));
  view.finish();
  EXPECT_EQ(err.str(), "");
}

TEST_F(ViewTest, TablesAreSummedUp) {
  std::ostringstream log_text;
  spdlog::logger log("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text));
  ProgressView view(console, settings(ProgressMode::plain));
  PlanListener listener(view, log);
  listener.compare_started(2, 300);
  listener.table_started("p/a.b", 100);
  listener.table_started("p/a.c", 200);
  listener.table_finished("p/a.b", 150, 0);  // its guess was 50 too low
  now += 10s;
  listener.table_progress("p/a.c", 50, 3);
  EXPECT_EQ(
      err.str(),
      "compared 200 of about 350 rows (57%), 20/s, 0:08 left; 1 of 2 tables, 3 chunks differ, "
      "p/a.c\n");
}

TEST_F(ViewTest, UnitsAreCountedAndProblemsLogged) {
  std::ostringstream log_text;
  spdlog::logger log("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text));
  log.set_pattern("%l %v");
  log.set_level(spdlog::level::warn);
  ProgressView view(console, settings(ProgressMode::plain));
  ApplyListener listener(view, log);
  listener.apply_started(3, 12);
  listener.unit_finished(1, executor::UnitOutcome::applied, 5, "");
  now += 10s;
  listener.unit_finished(2, executor::UnitOutcome::stale, 7, "a row changed");
  EXPECT_EQ(err.str(), "finished 2 of 3 units (66%), 0:05 left; 5 rows written, 1 stale\n");
  EXPECT_EQ(log_text.str(), "warning unit 2 of 3 stale: 0 rows written; a row changed\n");
}

}  // namespace
}  // namespace rowplan::cmd
