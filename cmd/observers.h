// Listens to the planner and the executor: what they tell becomes progress and log lines.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "cmd/progress.h"
#include "cmd/run_progress.h"
#include "executor/observer.h"
#include "planner/observer.h"

namespace spdlog {
class logger;
}

namespace rowplan::cmd {

/// Sums up the tables that are compared at the same time.
class PlanListener final : public planner::PlanObserver {
 public:
  /// `published`: where other processes look, where there is such a place.
  PlanListener(ProgressView& view, spdlog::logger& log, RunProgressFile* published = nullptr)
      : view_(view), log_(log), published_(published) {}

  void compare_started(std::uint64_t tables, std::uint64_t rows_estimate) override;
  void table_started(const std::string& address, std::uint64_t rows_estimate) override;
  void table_progress(const std::string& address, std::uint64_t rows,
                      std::uint64_t chunks_differing) override;
  void table_recheck(const std::string& address, std::uint64_t chunks, unsigned round) override;
  void table_finished(const std::string& address, std::uint64_t rows,
                      std::uint64_t changes) override;
  void waiting(const std::string& reason) override;
  void warning(const std::string& message) override;
  void finding(const planner::Finding& finding) override;
  void note(const std::string& message) override;

 private:
  struct TableState {
    std::uint64_t rows = 0;
    std::uint64_t estimate = 0;
    std::uint64_t differing = 0;
    bool finished = false;
  };
  [[nodiscard]] ProgressReading reading() const;
  void show();

  ProgressView& view_;
  spdlog::logger& log_;
  RunProgressFile* published_;
  std::mutex mutex_;
  std::map<std::string, TableState> tables_;
  std::uint64_t table_count_ = 0;
  std::uint64_t rows_estimate_ = 0;
  std::string latest_;
  std::string waiting_;  ///< for what one of the tables waits, while others may go on
};

/// Units one after the other; what went wrong with one is told at once.
class ApplyListener final : public executor::ApplyObserver {
 public:
  /// `published`: as for PlanListener.
  ApplyListener(ProgressView& view, spdlog::logger& log, RunProgressFile* published = nullptr)
      : view_(view), log_(log), published_(published) {}

  void run_started(const std::string& run_id, const std::string& plan_id) override;
  void apply_started(std::uint64_t units, std::uint64_t changes) override;
  void unit_started(std::uint64_t unit, const std::string& address) override;
  void unit_finished(std::uint64_t unit, executor::UnitOutcome outcome, std::uint64_t rows_written,
                     const std::string& detail) override;
  void unit_retry(std::uint64_t unit, unsigned attempt, unsigned delay_ms,
                  const std::string& cause) override;
  void waiting(const std::string& reason) override;
  void warning(const std::string& message) override;
  void note(const std::string& message) override;

 private:
  void publish(const std::string& waiting);

  ProgressView& view_;
  spdlog::logger& log_;
  RunProgressFile* published_;
  std::mutex mutex_;
  std::string address_;  ///< of the unit under way
  std::uint64_t units_ = 0;
  std::uint64_t finished_ = 0;
  std::uint64_t rows_ = 0;
  std::uint64_t stale_ = 0;
  std::uint64_t failed_ = 0;
};

[[nodiscard]] const char* outcome_name(executor::UnitOutcome outcome) noexcept;

}  // namespace rowplan::cmd
