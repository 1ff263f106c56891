// Plan, policy, limits, apply and state in one, for schedulers. docs/sync.md tells it to users.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "executor/observer.h"
#include "executor/sync_result.h"
#include "planner/job.h"
#include "planner/manifest.h"
#include "planner/observer.h"

namespace rowplan::executor {

/// Plans made of what was stale, after the first.
inline constexpr unsigned kReplansMax = 3;

struct SyncRequest {
  const planner::Manifest* manifest = nullptr;
  std::string manifest_text;
  std::string base_dir;  ///< of the manifest
  planner::Selection selection;
  bool full = false;  ///< compare all rows of incremental tables too
  std::chrono::milliseconds lock_wait{0};
  std::optional<std::chrono::milliseconds> max_duration;  ///< from the call on, waiting included
  std::string tool_version;
  const std::atomic<bool>* stop = nullptr;  ///< set by a signal; looked at between units
  /// Called with what the run does, when the state is locked, and before any server is asked.
  /// Calls it once, or throws. May be empty.
  std::function<SyncResult(const std::function<SyncResult()>& work)> around;
  /// As of an ApplyRequest; perhaps again of a later plan.
  std::function<void(const std::string& server)> server_done;
  /// What the process will exit with, for the record of the run.
  std::function<int(const SyncResult&)> exit_code;
};

/// What sync tells beside what planner and apply tell. Default: deaf.
class SyncObserver {
 public:
  virtual ~SyncObserver() = default;
  virtual planner::PlanObserver& planning() = 0;  ///< who listens while a plan is made
  virtual ApplyObserver& applying() = 0;
  virtual void run_started(const std::string& /*run_id*/) {}  ///< it has the lock
  virtual void planned(const SyncRound& /*round*/) {}
  /// Goes beyond what a log usually holds: a lock waited for or taken over, a link that dropped.
  virtual void warning(const std::string& /*message*/) {}
};

/// The whole run, from the lock to the last record. Throws where nothing was begun:
/// Refusal{locked, state}, StateError, Interrupted; all other failures are in the result.
[[nodiscard]] SyncResult sync(const SyncRequest& request, SyncObserver& observer);

}  // namespace rowplan::executor
