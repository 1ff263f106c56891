#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cmd/metrics.h"
#include "cmd/run_progress.h"
#include "cmd/status_json.h"
#include "cmd/status_metrics.h"
#include "cmd/status_text.h"
#include "cmd/time_text.h"

namespace rowplan::cmd {
namespace {

class TestDirectory {
 public:
  TestDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "rowplan.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no directory");
    path_ = name;
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  ~TestDirectory() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::filesystem::path state() const { return path_ / "state.db"; }

 private:
  std::filesystem::path path_;
};

JobStatus job_status() {
  JobStatus status;
  status.job = "shop";
  status.state_path = "shop.state.db";
  status.state_exists = true;
  PairStatus pair;
  pair.name = "orders";
  pair.source = "hq";
  pair.target = "dw";
  status.pairs = {pair, pair};
  status.pairs[1].name = "never";
  state::PairRecord record;
  record.address = "orders";
  record.last_success_at = "2025-03-01T09:30:00.000Z";
  record.last_plan_id = "01JN";
  record.rows.inserted = 12;
  status.pairs[0].record = record;
  status.pairs[0].success_at = parse_time(record.last_success_at);
  state::RunRecord run;
  run.start.verb = "apply";
  run.started_at = "2025-03-01T10:00:00.250Z";
  run.finished_at = "2025-03-01T10:01:00.000Z";
  run.end = state::RunEnd{.exit_code = 10, .rows = {}, .units_stale = 2, .message = "changed"};
  status.pairs[0].last_run = run;
  status.pairs[0].watermarks = {
      {{"orders/shop.a", "2025-03-01 10:00:00.500000", "", "01JN"},
       parse_watermark("2025-03-01 10:00:00.500000")},
      {{"orders/shop.b", "gtid 0-1-17", "2025-03-01T08:00:00.000Z", ""}, std::nullopt}};
  return status;
}

SystemTime half_past_ten() { return *parse_time("2025-03-01T10:30:00.000Z"); }

TEST(StatusTest, MaxAgeIsAboutTheLastSuccess) {
  const JobStatus status = job_status();
  EXPECT_FALSE(is_outdated(status.pairs[0], std::chrono::hours(1), half_past_ten()));
  EXPECT_TRUE(is_outdated(status.pairs[0], std::chrono::minutes(59), half_past_ten()));
  EXPECT_TRUE(is_outdated(status.pairs[1], std::chrono::hours(1000), half_past_ten()));
}

TEST(StatusTest, Text) {
  JobStatus status = job_status();
  status.lock = state::Holder{"9f", 4711, "ci", "sync", "2025-03-01T10:29:00.000Z", true};
  status.progress = RunProgress{.run_id = "01JP",
                                .pid = 4711,
                                .verb = "sync",
                                .updated_at = "2025-03-01T10:29:59.000Z",
                                .phase = "applying",
                                .table = "",
                                .rows = 40,
                                .units_done = 3,
                                .units = 9,
                                .rows_per_second = 0,
                                .waiting = "replica r1 is 30 s\x1b[2J behind"};
  EXPECT_EQ(status_text(status, {}, half_past_ten()),
            "locked by sync on ci, pid 4711, since 2025-03-01T10:29:00.000Z, id 9f\n"
            "  sync is applying: 3 of 9 units, 40 rows, run 01JP, as of 2025-03-01T10:29:59.000Z\n"
            "  it waits: replica r1 is 30 s\\x1B[2J behind\n"
            "orders (hq -> dw)\n"
            "  last success       2025-03-01T09:30:00.000Z (1h 0m ago), plan 01JN\n"
            "  last run           apply, 2025-03-01T10:00:00.250Z (29m ago), exit 10, "
            "2 stale units\n"
            "                     changed\n"
            "  rows               12 inserted, 0 updated, 0 deleted\n"
            "  last full compare  never\n"
            "  watermark          orders/shop.a 2025-03-01 10:00:00.500000 (29m behind)\n"
            "  watermark          orders/shop.b gtid 0-1-17, set by a person at "
            "2025-03-01T08:00:00.000Z\n"
            "never (hq -> dw)\n"
            "  last success       never\n");
}

TEST(StatusTest, Json) {
  const auto document = status_json(job_status(), {}, half_past_ten());
  const auto& pair = document["pairs"][0];
  EXPECT_TRUE(document["running"].is_null());
  EXPECT_EQ(pair["last_success_age_s"], 3600);
  EXPECT_EQ(pair["last_run"]["exit_code"], 10);
  EXPECT_EQ(pair["last_run"]["units"]["stale"], 2);
  EXPECT_EQ(pair["watermarks"][0]["lag_s"], 1799);
  EXPECT_TRUE(pair["watermarks"][1]["lag_s"].is_null());
  EXPECT_TRUE(pair["watermarks"][1]["plan_id"].is_null());
  EXPECT_TRUE(document["pairs"][1]["last_run"].is_null());
}

TEST(StatusTest, MetricsOfAJob) {
  const std::string text = status_metrics(job_status(), half_past_ten());
  for (const char* line :
       {"rowplan_last_success_timestamp_seconds{job_name=\"shop\",pair=\"orders\"} 1740821400\n",
        "rowplan_last_success_timestamp_seconds{job_name=\"shop\",pair=\"never\"} 0\n",
        "rowplan_rows{job_name=\"shop\",pair=\"orders\",op=\"insert\"} 12\n",
        "rowplan_last_run_timestamp_seconds{job_name=\"shop\",pair=\"orders\"} 1740823200.250\n",
        "rowplan_last_run_units{job_name=\"shop\",pair=\"orders\",outcome=\"stale\"} 2\n",
        "rowplan_watermark_lag_seconds{job_name=\"shop\",pair=\"orders\",table=\"orders/shop.a\"} "
        "1799.500\n",
        "rowplan_lock_held{job_name=\"shop\"} 0\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  EXPECT_EQ(text.find("shop.b"), std::string::npos) << "a watermark that is no time has no lag";
  EXPECT_EQ(text.find("rowplan_last_full_compare"), std::string::npos) << "no sample, no family";
}

TEST(MetricsTest, LabelsAreEscaped) {
  Metrics metrics(MetricLabels{{"job_name", "a\"b\\c\nd\xff\xe2\x80\xae"}});
  metrics.family("m_seconds", "Help.");
  metrics.sample({}, std::int64_t{-5});
  metrics.sample({{"x", "y"}}, std::chrono::system_clock::duration(std::chrono::milliseconds(-7)));
  EXPECT_EQ(metrics.text(),
            "# HELP m_seconds Help.\n# TYPE m_seconds gauge\n"
            "m_seconds{job_name=\"a\\\"b\\\\c\\\\x0Ad\\\\xFF\\\\u202E\"} -5\n"
            "m_seconds{job_name=\"a\\\"b\\\\c\\\\x0Ad\\\\xFF\\\\u202E\",x=\"y\"} -0.007\n");
}

std::optional<RunProgress> read_text(const TestDirectory& directory, const std::string& text,
                                     const state::Holder& holder) {
  std::ofstream(progress_path(directory.state()), std::ios::trunc) << text;
  return read_run_progress(directory.state(), holder);
}

TEST(RunProgressTest, IsBelievedOfTheLocksHolderAlone) {
  const TestDirectory directory;
  const state::Holder holder{"9f", 4711, "ci", "apply", "2025-03-01T10:00:00.000Z", true};
  EXPECT_FALSE(read_run_progress(directory.state(), holder).has_value()) << "there is none";
  const std::string good =
      R"({"pid": 4711, "updated_at": "2025-03-01T10:00:01.000Z", "units": 9, "waiting": "w"})";
  const auto progress = read_text(directory, good, holder);
  ASSERT_TRUE(progress.has_value());
  EXPECT_EQ(progress->units, 9U);
  EXPECT_EQ(progress->waiting, "w");
  state::Holder other = holder;
  other.alive = false;
  EXPECT_FALSE(read_text(directory, good, other).has_value());
  other = holder;
  other.pid = 4712;
  EXPECT_FALSE(read_text(directory, good, other).has_value());
  other = holder;
  other.since = "2025-03-01T10:00:02.000Z";
  EXPECT_FALSE(read_text(directory, good, other).has_value());
}

TEST(RunProgressTest, NothingInTheFileBreaksTheReader) {
  const TestDirectory directory;
  const state::Holder holder{"9f", 4711, "ci", "apply", "", true};
  const std::string good =
      R"({"pid": 4711, "updated_at": "2025-03-01T10:00:01.000Z", "units": 9, "verb": "\u00e4"})";
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(read_text(directory, good.substr(0, size), holder).has_value()) << size;
  }
  for (const std::string& wrong :
       {std::string("null"), std::string("[4711]"), std::string(R"({"pid": "4711"})"),
        std::string(R"({"pid": 4711.5})"), std::string(R"({"pid": 1e400})"),
        std::string(60000, '['), std::string(200000, ' ') + good,
        std::string("{\"pid\": 4711, \"verb\": \"\xff\"}"), std::string(10, '\0')}) {
    EXPECT_FALSE(read_text(directory, wrong, holder).has_value()) << wrong.substr(0, 40);
  }
  const auto odd = read_text(
      directory, R"({"pid": 4711, "units": -1, "rows": "x", "table": {}, "waiting": 7})", holder);
  ASSERT_TRUE(odd.has_value());
  EXPECT_EQ(odd->units, 0U);
  EXPECT_EQ(odd->waiting, "");
  std::filesystem::remove(progress_path(directory.state()));
  std::filesystem::create_directory(progress_path(directory.state()));
  EXPECT_FALSE(read_run_progress(directory.state(), holder).has_value()) << "a directory";
}

RunProgress applying() {
  RunProgress progress;
  progress.phase = "applying";
  progress.rows = 7;
  progress.units_done = 1;
  progress.units = 2;
  return progress;
}

TEST(RunProgressTest, IsPublishedAndGoesWithTheRun) {
  const TestDirectory directory;
  state::Holder holder{"9f", static_cast<std::int64_t>(::getpid()), "ci", "apply", "", true};
  {
    RunProgressFile file(directory.state(), "apply", std::chrono::milliseconds(1));
    file.show(applying());
    EXPECT_FALSE(read_run_progress(directory.state(), holder).has_value()) << "not started";
    file.start("01JP");
    file.wait_for("replica r1");
    std::optional<RunProgress> progress;
    while (!progress || progress->waiting.empty()) {
      progress = read_run_progress(directory.state(), holder);
    }
    EXPECT_EQ(progress->run_id, "01JP");
    EXPECT_EQ(progress->verb, "apply");
    EXPECT_EQ(progress->phase, "applying");
    EXPECT_EQ(progress->rows, 7U);
    EXPECT_EQ(progress->units, 2U);
    EXPECT_EQ(progress->waiting, "replica r1");
  }
  EXPECT_FALSE(std::filesystem::exists(progress_path(directory.state())));
}

TEST(RunProgressTest, APlaceThatCannotBeWrittenIsNoFailure) {
  RunProgressFile file("/nowhere/at/all/state.db", "apply", std::chrono::milliseconds(1));
  file.start("01JP");
  file.show(applying());
}

}  // namespace
}  // namespace rowplan::cmd
