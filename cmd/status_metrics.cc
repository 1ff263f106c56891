#include "cmd/status_metrics.h"

#include <spdlog/logger.h>

#include <exception>
#include <utility>

#include "cmd/atomic_file.h"
#include "cmd/metrics.h"
#include "cmd/time_text.h"
#include "state/error.h"

namespace rowplan::cmd {
namespace {

void add_successes(Metrics& metrics, const JobStatus& status, SystemTime now) {
  metrics.family("rowplan_last_success_timestamp_seconds",
                 "When the pair last went well, in Unix time; 0 is never.");
  for (const PairStatus& pair : status.pairs) {
    metrics.sample({{"pair", pair.name}}, pair.success_at.value_or(SystemTime{}));
  }
  metrics.family("rowplan_last_full_compare_timestamp_seconds",
                 "When all rows of the pair were last compared, in Unix time.");
  for (const PairStatus& pair : status.pairs) {
    if (pair.full_compare_at) metrics.sample({{"pair", pair.name}}, *pair.full_compare_at);
  }
  metrics.family("rowplan_rows", "Rows of the pair's last successful run, by operation.");
  for (const PairStatus& pair : status.pairs) {
    if (!pair.record) continue;
    const state::RowCounts& rows = pair.record->rows;
    const std::pair<const char*, std::uint64_t> samples[] = {
        {"insert", rows.inserted}, {"update", rows.updated},     {"delete", rows.deleted},
        {"kept", rows.kept},       {"conflict", rows.conflicts},
    };
    for (const auto& [op, count] : samples) {
      metrics.sample({{"pair", pair.name}, {"op", op}}, count);
    }
  }
  metrics.family("rowplan_watermark_timestamp_seconds",
                 "Up to which time of the source's clock the table is synced, in Unix time.");
  for (const PairStatus& pair : status.pairs) {
    for (const TableWatermark& table : pair.watermarks) {
      if (table.at) metrics.sample({{"pair", pair.name}, {"table", table.mark.address}}, *table.at);
    }
  }
  metrics.family("rowplan_watermark_lag_seconds",
                 "By how much the table's watermark was behind when this was written.");
  for (const PairStatus& pair : status.pairs) {
    for (const TableWatermark& table : pair.watermarks) {
      if (!table.at) continue;
      metrics.sample({{"pair", pair.name}, {"table", table.mark.address}}, now - *table.at);
    }
  }
}

void add_last_runs(Metrics& metrics, const JobStatus& status) {
  metrics.family("rowplan_last_run_timestamp_seconds",
                 "When the pair's last run that got as far as writing began, in Unix time.");
  for (const PairStatus& pair : status.pairs) {
    if (!pair.last_run) continue;
    if (const auto at = parse_time(pair.last_run->started_at)) {
      metrics.sample({{"pair", pair.name}}, *at);
    }
  }
  metrics.family("rowplan_last_run_exit_code", "Exit code of that run, if it has ended.");
  for (const PairStatus& pair : status.pairs) {
    if (!pair.last_run || !pair.last_run->end) continue;
    metrics.sample({{"pair", pair.name}}, std::int64_t{pair.last_run->end->exit_code});
  }
  metrics.family("rowplan_last_run_units", "Units of that run, by what they came to.");
  for (const PairStatus& pair : status.pairs) {
    if (!pair.last_run || !pair.last_run->end) continue;
    const state::RunEnd& end = *pair.last_run->end;
    const std::pair<const char*, std::uint64_t> samples[] = {{"applied", end.units_applied},
                                                             {"already_done", end.units_done},
                                                             {"stale", end.units_stale},
                                                             {"failed", end.units_failed}};
    for (const auto& [outcome, count] : samples) {
      metrics.sample({{"pair", pair.name}, {"outcome", outcome}}, count);
    }
  }
}

void add_running(Metrics& metrics, const JobStatus& status) {
  const bool held = status.lock && status.lock->alive;
  metrics.family("rowplan_lock_held", "Whether a run holds the state's lock.");
  metrics.sample({}, std::int64_t{held ? 1 : 0});
  if (!status.progress) return;
  metrics.family("rowplan_running_units", "Units of the run at work.");
  metrics.sample({}, status.progress->units);
  metrics.family("rowplan_running_units_done", "Units of the run at work that are done.");
  metrics.sample({}, status.progress->units_done);
  metrics.family("rowplan_running_waiting", "Whether the run at work waits for something.");
  metrics.sample({}, std::int64_t{status.progress->waiting.empty() ? 0 : 1});
}

void add_status(Metrics& metrics, const JobStatus& status, SystemTime now) {
  add_successes(metrics, status, now);
  add_last_runs(metrics, status);
  add_running(metrics, status);
}

}  // namespace

std::string status_metrics(const JobStatus& status, SystemTime now) {
  Metrics metrics({{"job_name", status.job}});
  add_status(metrics, status, now);
  return metrics.text();
}

RunMetrics::RunMetrics(std::string verb, const std::string& option,
                       const planner::Manifest& manifest, const Context& context)
    : verb_(std::move(verb)),
      path_(option),
      manifest_(manifest),
      context_(context),
      began_(std::chrono::system_clock::now()) {
  const std::string& own = manifest.output.metrics_textfile;
  if (path_.empty() && !own.empty()) path_ = planner::beside(manifest.file, own).string();
}

void RunMetrics::write(ExitCode code) const noexcept {
  if (path_.empty()) return;
  try {
    write_file_atomically(path_, text(code), true, FileMode::for_all);
  } catch (const std::exception& failed) {
    context_.log.warn("the metrics were not written: {}", failed.what());
  }
}

std::string RunMetrics::text(ExitCode code) const {
  const SystemTime now = std::chrono::system_clock::now();
  Metrics metrics({{"job_name", manifest_.name}});
  metrics.family("rowplan_run_timestamp_seconds",
                 "When the run that wrote this file ended, in Unix time.");
  metrics.sample({{"verb", verb_}}, now);
  metrics.family("rowplan_run_duration_seconds", "How long that run took.");
  metrics.sample({{"verb", verb_}}, now - began_);
  metrics.family("rowplan_run_exit_code", "Its exit code.");
  metrics.sample({{"verb", verb_}}, std::int64_t{static_cast<int>(code)});
  try {
    add_status(metrics, read_status(manifest_), now);
  } catch (const state::StateError& unreadable) {
    // How the run ended is worth telling by itself.
    context_.log.warn("the metrics do without the state: {}", unreadable.what());
  }
  return metrics.text();
}

}  // namespace rowplan::cmd
