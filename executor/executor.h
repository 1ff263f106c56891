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
#include "executor/state_hold.h"
#include "executor/table_tally.h"
#include "executor/verification.h"
#include "planner/manifest.h"
#include "planner/plan_reader.h"
#include "state/runs.h"

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
  bool verify_after = false;  ///< compare again what was written, once all is in
  std::string tool_version;
  std::string run_id;                       ///< of the run that this is a part of, for apply_held
  const std::atomic<bool>* stop = nullptr;  ///< set by a signal; looked at between units
  /// Called with what carries the plan out, when the plan by itself and its limits are in order and
  /// the state is locked, and before any server is asked. Calls it once, or throws. May be empty;
  /// a dry run goes without it.
  std::function<ApplyResult(const planner::LoadedPlan& plan,
                            const std::function<ApplyResult()>& work)>
      around;
  /// Called when all units are in that read or write this server; for those without any, before
  /// the first unit. Never in a dry run. May be empty.
  std::function<void(const std::string& server)> server_done;
  /// What the history shall say of the run's end: cmd alone knows exit codes. Empty: 0 or 1.
  std::function<int(const ApplyResult&)> exit_code;
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
  std::uint64_t superseded = 0;  ///< rows of applied units that were left to the next window
  planner::Ops written;          ///< rows of the units applied by this run
  TableTallies tables;           ///< all of the plan
  std::vector<UnitProblem> problems;
  bool interrupted = false;
  std::vector<std::string> missing_spokes;  ///< left out when planned, or now: `group@spoke`
  std::vector<std::string> audit_problems;  ///< why audit rows were not written; empty: they were
  std::optional<Verification> verified;     ///< none: not asked for, or not come to it
  std::string undo;                         ///< path of what was kept for undo; empty: nothing was
  /// Of the failure that ended the run, if one did; cmd maps it like any other.
  std::exception_ptr failure;
};

/// All in, nothing stale, and what was compared again is equal.
[[nodiscard]] bool is_success(const ApplyResult& result) noexcept;

/// Takes the state's lock, and records the run. Throws planner::Refusal and planner::PlanError for
/// all that is judged before the first unit.
[[nodiscard]] ApplyResult apply(const ApplyRequest& request, ApplyObserver& observer);

/// A part of a run that holds the state, and that records and verifies by itself.
[[nodiscard]] ApplyResult apply_held(const ApplyRequest& request, StateHold& hold,
                                     ApplyObserver& observer);

}  // namespace rowplan::executor
