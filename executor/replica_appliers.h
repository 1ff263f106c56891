// Replicas that a plan writes: their appliers stand still meanwhile, and run again whatever
// happens.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "executor/observer.h"
#include "executor/state_hold.h"
#include "planner/connections.h"
#include "planner/manifest.h"
#include "planner/plan.h"
#include "planner/resolve.h"
#include "state/stopped_appliers.h"

namespace rowplan::executor {

/// Servers of the plan that are written although they are replicas, as `allow_replica_writes` says:
/// every session that writes there is SessionMode::unlogged.
[[nodiscard]] std::set<std::string> replicas_written(const planner::Manifest& manifest,
                                                     const planner::Plan& plan);

/// Adds what the users lack to write these replicas: to write unlogged, past read_only, and to stop
/// and start the applier.
void need_replica_privileges(const planner::Manifest& manifest, const planner::Plan& plan,
                             const planner::ResolvedJob& resolved, planner::MissingGrants& missing);

/// Of one apply.
class ReplicaAppliers {
 public:
  /// All must outlive this.
  ReplicaAppliers(const planner::Manifest& manifest, const planner::Plan& plan,
                  planner::Connections& connections, StateHold& hold, ApplyObserver& observer)
      : manifest_(manifest),
        plan_(plan),
        connections_(connections),
        records_(hold.store()),
        observer_(observer) {}
  ReplicaAppliers(const ReplicaAppliers&) = delete;
  ReplicaAppliers& operator=(const ReplicaAppliers&) = delete;
  /// Starts what start() did not, and swallows what fails: the state still tells of it.
  ~ReplicaAppliers();

  /// Of each replica that the plan changes: waits until it has applied all that its source, if that
  /// is the pair's, has logged by now, writes down that it is stopped, stops it and tells where it
  /// stands. `called_off` ends a wait. Throws Refusal{temporary, limit}, StateError, mysql::Error.
  void stop(const std::function<bool()>& called_off);
  /// Starts them, and sees that they run. Throws mysql::Error, and Refusal{limit} for one that
  /// meets an error.
  void start();

 private:
  void catch_up(const std::string& server, const std::function<bool()>& called_off);
  void stop_all_of(const std::string& server);

  const planner::Manifest& manifest_;
  const planner::Plan& plan_;
  planner::Connections& connections_;
  state::StoppedAppliers records_;
  ApplyObserver& observer_;
  std::vector<state::StoppedApplier> stopped_;
};

/// Starts the appliers that a run that was killed had stopped, and tells of each. Throws as
/// ReplicaAppliers::start.
void start_left_appliers(const planner::Manifest& manifest, const std::string& base_dir,
                         StateHold& hold, const std::function<void(const std::string&)>& tell);

}  // namespace rowplan::executor
