#include "cmd/observers.h"

#include <spdlog/logger.h>

#include <algorithm>

#include "cmd/shown_text.h"

namespace rowplan::cmd {
namespace {

void tell_wait(const std::string& reason, ProgressView& view, spdlog::logger& log,
               RunProgressFile* published) {
  log.info("{}", reason.empty() ? "goes on" : "waiting: " + reason);
  view.waiting(reason);
  if (published != nullptr) published->wait_for(reason);
}

}  // namespace

void PlanListener::compare_started(std::uint64_t tables, std::uint64_t rows_estimate) {
  const std::lock_guard lock(mutex_);
  table_count_ = tables;
  rows_estimate_ = rows_estimate;
  log_.info("comparing {}, about {}", counted(tables, "table", "tables"),
            counted(rows_estimate, "row", "rows"));
  show();
}

void PlanListener::table_started(const std::string& address, std::uint64_t rows_estimate) {
  const std::lock_guard lock(mutex_);
  tables_[address].estimate = rows_estimate;
  latest_ = address;
  log_.debug("{}: started, about {}", address, counted(rows_estimate, "row", "rows"));
  show();
}

void PlanListener::table_progress(const std::string& address, std::uint64_t rows,
                                  std::uint64_t chunks_differing) {
  const std::lock_guard lock(mutex_);
  TableState& table = tables_[address];
  table.rows = rows;
  table.differing = chunks_differing;
  latest_ = address;
  show();
}

void PlanListener::table_recheck(const std::string& address, std::uint64_t chunks, unsigned round) {
  log_.info("{}: reading {} again, round {}", address,
            counted(chunks, "chunk that differs", "chunks that differ"), round);
}

void PlanListener::table_finished(const std::string& address, std::uint64_t rows,
                                  std::uint64_t changes) {
  const std::lock_guard lock(mutex_);
  TableState& table = tables_[address];
  table.rows = rows;
  table.finished = true;
  log_.info("{}: {} compared, {}", address, counted(rows, "row", "rows"),
            counted(changes, "change", "changes"));
  show();
}

void PlanListener::waiting(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  waiting_ = reason;
  tell_wait(reason, view_, log_, published_);
}

void PlanListener::warning(const std::string& message) { log_.warn("{}", message); }

void PlanListener::finding(const planner::Finding& finding) {
  log_.info("{} {} {}: {}", planner::severity_name(finding.severity), finding.code, finding.address,
            finding.message);
}

void PlanListener::note(const std::string& message) { log_.info("{}", message); }

void PlanListener::show() {
  const ProgressReading now = reading();
  if (published_ != nullptr) {
    RunProgress progress;
    progress.phase = "comparing";
    progress.table = latest_;
    progress.rows = now.done;
    progress.waiting = waiting_;
    published_->show(std::move(progress));
  }
  view_.show(now);
}

ProgressReading PlanListener::reading() const {
  ProgressReading now{"compared", "rows", 0, rows_estimate_, true, ""};
  std::uint64_t finished = 0;
  std::uint64_t differing = 0;
  for (const auto& [address, table] : tables_) {
    now.done += table.rows;
    differing += table.differing;
    if (!table.finished) continue;
    ++finished;
    // What is left is better known once a table's guess has been replaced by its count.
    now.total += table.rows;
    now.total -= std::min(now.total, table.estimate);
  }
  now.total = std::max(now.total, now.done);
  now.detail = std::to_string(finished) + " of " + counted(table_count_, "table", "tables");
  if (differing > 0) now.detail += ", " + counted(differing, "chunk differs", "chunks differ");
  if (!latest_.empty() && finished < table_count_) now.detail += ", " + shown(latest_);
  return now;
}

const char* outcome_name(executor::UnitOutcome outcome) noexcept {
  switch (outcome) {
    case executor::UnitOutcome::applied:
      return "applied";
    case executor::UnitOutcome::already_done:
      return "already_done";
    case executor::UnitOutcome::stale:
      return "stale";
    case executor::UnitOutcome::failed:
      return "failed";
  }
  return "failed";
}

void ApplyListener::run_started(const std::string& run_id, const std::string& /*plan_id*/) {
  if (published_ != nullptr) published_->start(run_id);
}

/// `waiting`: for what; empty: at work.
void ApplyListener::publish(const std::string& waiting) {
  if (published_ == nullptr) return;
  RunProgress progress;
  progress.phase = "applying";
  progress.table = address_;
  progress.rows = rows_;
  progress.units_done = finished_;
  progress.units = units_;
  progress.waiting = waiting;
  published_->show(std::move(progress));
}

void ApplyListener::apply_started(std::uint64_t units, std::uint64_t changes) {
  const std::lock_guard lock(mutex_);
  units_ = units;
  log_.info("applying {}, {}", counted(units, "unit", "units"),
            counted(changes, "change", "changes"));
  publish("");
  view_.show({"finished", "units", 0, units_, false, ""});
}

void ApplyListener::unit_started(std::uint64_t /*unit*/, const std::string& address) {
  const std::lock_guard lock(mutex_);
  address_ = address;
  publish("");
}

void ApplyListener::unit_finished(std::uint64_t unit, executor::UnitOutcome outcome,
                                  std::uint64_t rows_written, const std::string& detail) {
  const std::lock_guard lock(mutex_);
  ++finished_;
  const std::uint64_t written = outcome == executor::UnitOutcome::applied ? rows_written : 0;
  rows_ += written;
  const bool is_problem =
      outcome == executor::UnitOutcome::stale || outcome == executor::UnitOutcome::failed;
  if (outcome == executor::UnitOutcome::stale) ++stale_;
  if (outcome == executor::UnitOutcome::failed) ++failed_;
  log_.log(is_problem ? spdlog::level::warn : spdlog::level::info, "unit {} of {} {}: {}{}{}", unit,
           units_, outcome_name(outcome), counted(written, "row written", "rows written"),
           detail.empty() ? "" : "; ", detail);
  std::string told = counted(rows_, "row written", "rows written");
  if (stale_ > 0) told += ", " + std::to_string(stale_) + " stale";
  if (failed_ > 0) told += ", " + std::to_string(failed_) + " failed";
  publish("");
  view_.show({"finished", "units", finished_, units_, false, told});
}

void ApplyListener::unit_retry(std::uint64_t unit, unsigned attempt, unsigned delay_ms,
                               const std::string& cause) {
  log_.warn("unit {}: attempt {} failed, trying again in {} ms: {}", unit, attempt, delay_ms,
            cause);
  const std::lock_guard lock(mutex_);
  publish("to try unit " + std::to_string(unit) + " again: " + cause);
}

void ApplyListener::waiting(const std::string& reason) {
  tell_wait(reason, view_, log_, published_);
}

void ApplyListener::warning(const std::string& message) { log_.warn("{}", message); }

void ApplyListener::note(const std::string& message) { log_.info("{}", message); }

}  // namespace rowplan::cmd
