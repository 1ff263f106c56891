// Carries out a plan, or refuses. Open this first, then executor/unit_apply.h.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "executor/observer.h"
#include "planner/manifest.h"
#include "planner/plan_reader.h"

namespace rowplan::executor {

enum class Verify : std::uint8_t { chunks, rows };
enum class OnStale : std::uint8_t { abort, skip };

struct ApplyResult;

struct ApplyRequest {
  const planner::Manifest* manifest = nullptr;
  std::string base_dir;  ///< of the manifest
  std::string plan_dir;
  std::optional<std::string> expect_digest;
  bool dry_run = false;  ///< everything but the writes: each unit is judged, then rolled back
  Verify verify = Verify::chunks;
  OnStale on_stale = OnStale::abort;
  std::string tool_version;
  const std::atomic<bool>* stop = nullptr;  ///< set by a signal; looked at between units
  /// Called with what carries the plan out, when the plan by itself and its limits are in order and
  /// the state is locked, and before any server is asked. Calls it once, or throws. May be empty;
  /// a dry run goes without it.
  std::function<ApplyResult(const planner::LoadedPlan& plan,
                            const std::function<ApplyResult()>& work)>
      around;
};

struct UnitProblem {
  std::uint64_t unit = 0;
  UnitOutcome outcome = UnitOutcome::stale;
  std::string address;  ///< of the table that was judged
  std::string detail;   ///< what was found, and what to do
};

struct ApplyResult {
  std::string plan_id;
  std::string digest;
  std::uint64_t units = 0;
  std::uint64_t applied = 0;
  std::uint64_t already_done = 0;
  std::uint64_t stale = 0;
  std::uint64_t failed = 0;
  std::uint64_t not_tried = 0;
  planner::Ops written;  ///< rows of the units applied by this run
  std::vector<UnitProblem> problems;
  bool interrupted = false;
  std::string undo;  ///< path of what was kept for undo; empty: nothing was
  /// Of the failure that ended the run, if one did; cmd maps it like any other.
  std::exception_ptr failure;
};

/// Throws planner::Refusal and planner::PlanError for all that is judged before the first unit.
[[nodiscard]] ApplyResult apply(const ApplyRequest& request, ApplyObserver& observer);

}  // namespace rowplan::executor
