#include "executor/executor.h"

#include <chrono>

#include "executor/audit_table.h"
#include "executor/baseline_keeper.h"
#include "executor/missing_spokes.h"
#include "executor/missing_units.h"
#include "executor/planned_baseline.h"
#include "executor/preflight.h"
#include "executor/replica_appliers.h"
#include "executor/run_record.h"
#include "executor/server_progress.h"
#include "executor/state_hold.h"
#include "executor/throttle.h"
#include "executor/throttle_probe.h"
#include "executor/undo_log.h"
#include "executor/undo_prune.h"
#include "executor/unit_apply.h"
#include "executor/unit_batch.h"
#include "executor/unit_memory.h"
#include "executor/unit_work.h"
#include "executor/verification.h"
#include "executor/watermark_moves.h"
#include "planner/address.h"
#include "planner/plan_id.h"
#include "planner/planner.h"
#include "planner/refusal.h"

namespace rowplan::executor {

namespace {

using SteadyClock = std::chrono::steady_clock;

void prune(StateHold& hold, ApplyObserver& observer) {
  state::Journal journal(hold.store());
  const auto before = state::rfc3339_utc(std::chrono::system_clock::now() - kUndoKept);
  const UndoPruned pruned = prune_undo(hold.path(), journal, before);
  for (const std::string& note : pruned.notes)
    observer.note("left among what is kept for undo: " + note);
  if (pruned.files > 0)
    observer.note("removed " + std::to_string(pruned.files) + " undo files from before " + before);
}

/// The units of one plan, under the table locks.
class Apply {
 public:
  Apply(const ApplyRequest& request, const planner::LoadedPlan& loaded,
        const std::vector<planner::TablePair>& pairs, planner::Connections& connections,
        const LeftOut& left_out, StateHold* hold, ApplyObserver& observer)
      : request_(request),
        loaded_(loaded),
        index_(loaded, pairs),
        sessions_(connections, replicas_written(*request.manifest, loaded.plan)),
        locks_(lock_tables(loaded.plan, connections)),
        hold_(hold),
        missing_(loaded.plan),
        observer_(observer),
        probe_(connections, [&observer](const std::string& text) { observer.warning(text); }),
        throttle_(*request.manifest, probe_, throttle_events()),
        // Of a replica that is written unlogged, the applier still stands.
        servers_(loaded.plan, replicas_written(*request.manifest, loaded.plan),
                 hold == nullptr ? ServerProgress::Done() : request.server_done) {
    result_.plan_id = loaded.plan.run.plan_id;
    result_.digest = loaded.digest;
    result_.units = loaded.plan.units.size() + left_out.units;
    result_.missing_spokes = left_out.spokes;
    for (const planner::Finding& finding : loaded.plan.findings)
      if (finding.code == planner::kSpokeMissing) result_.missing_spokes.push_back(finding.address);
    result_.tables = tallies_of(loaded.plan);
    if (hold_ == nullptr) return;
    baselines_.emplace(loaded, pairs, hold_->store());
    watermarks_.emplace(loaded.plan, hold_->store());
    appliers_.emplace(*request.manifest, loaded.plan, connections, *hold_, observer);
  }

  /// `run_id` names what is kept for undo.
  ApplyResult run(const std::string& run_id) {
    if (hold_ != nullptr) {
      undo_.emplace(hold_->path(), UndoHeader{result_.plan_id, result_.digest, run_id,
                                              hold_->store().now(), request_.tool_version});
      memory_ = UnitMemory({result_.plan_id, result_.digest}, hold_->store(), *baselines_, *undo_);
    }
    std::uint64_t changes = 0;
    for (const planner::PlanUnit& unit : loaded_.plan.units) changes += unit.changes;
    observer_.apply_started(result_.units, changes);
    attempt([&] {
      if (appliers_) appliers_->stop([this] { return stopped(); });
      apply_units();
    });
    // Whatever happened: nobody else will start them.
    attempt([&] {
      if (appliers_) appliers_->start();
    });
    attempt([&] {
      if (watermarks_) watermarks_->move(missing_, sessions_, observer_);
    });
    attempt([&] {
      if (baselines_) baselines_->finish(missing_, sessions_, observer_);
    });
    if (undo_) result_.undo = undo_->path();
    return std::move(result_);
  }

 private:
  /// The first failure counts.
  template <typename Work>
  void attempt(const Work& work) {
    try {
      work();
    } catch (const planner::Interrupted&) {
      result_.interrupted = true;
    } catch (...) {
      if (!result_.failure) result_.failure = std::current_exception();
    }
  }

  [[nodiscard]] bool stopped() const { return request_.stop != nullptr && request_.stop->load(); }

  ThrottleEvents throttle_events() {
    return {[this](const std::string& reason) { observer_.waiting(reason); },
            [this] { return stopped(); },
            // Whatever a wait takes: it leaves nothing open, and keeps the locks.
            [this] {
              sessions_.drop_all();
              for (auto& [server, locks] : locks_) locks.check();
            }};
  }

  void apply_units() {
    UnitApplier applier(request_, sessions_, locks_, memory_, observer_);
    result_.not_tried = result_.units;
    servers_.start();
    std::set<std::string> failed;  // spokes
    BatchLoader batches(loaded_.plan.units, index_);
    while (true) {
      const std::vector<UnitWork> units = batches.next();
      if (units.empty()) return;
      const planner::TableJob& job = units.front().tables.front().pair->job;
      if (failed.count(job.pair) > 0) continue;
      const std::vector<std::string> pairs = pairs_of_units(units);
      throttle_.before_writing(pairs);
      if (stopped()) {
        result_.interrupted = true;
        return;
      }
      observer_.unit_started(units.front().id, units.front().tables.front().table->address);
      auto began = SteadyClock::now();
      const auto took_so_far = [&began] {
        return std::chrono::ceil<std::chrono::milliseconds>(SteadyClock::now() - began);
      };
      const std::vector<UnitResult> results = applier.apply(units, [&] {
        throttle_.after_writing(pairs, took_so_far());
        throttle_.before_writing(pairs);
        (void)applier.take_waited();  // of the steps so far
        began = SteadyClock::now();
      });
      const auto took = took_so_far();
      const auto waited = applier.take_waited();  // the same for many units as for one
      if (units.size() > 1 && !applier.went_together()) batches.shrink();
      batches.took(took - waited);
      for (std::size_t i = 0; i < results.size(); ++i) {
        --result_.not_tried;
        if (take(units[i], results[i])) continue;
        // What one spoke cannot take, the others of its group can.
        if (results[i].outcome != UnitOutcome::failed || !planner::is_of_group(job.pair)) return;
        failed.insert(job.pair);
        break;
      }
      if (batches.more()) throttle_.after_writing(pairs, took);
    }
  }

  /// Counts the unit. Does the run go on?
  bool take(const UnitWork& unit, const UnitResult& done) {
    observer_.unit_finished(unit.id, done.outcome, unit.changes(), done.detail);
    count(result_.tables, unit, done);
    for (const auto& [address, ops] : done.written) {
      result_.written.insert += ops.insert;
      result_.written.update += ops.update;
      result_.written.remove += ops.remove;
    }
    result_.superseded += done.superseded.changes();
    const bool in =
        done.outcome == UnitOutcome::applied || done.outcome == UnitOutcome::already_done;
    if (in) missing_.unit_in(unit);
    if (in) servers_.unit_in(unit);
    switch (done.outcome) {
      case UnitOutcome::applied:
        ++result_.applied;
        return true;
      case UnitOutcome::already_done:
        ++result_.already_done;
        return true;
      case UnitOutcome::stale:
        ++result_.stale;
        result_.problems.push_back({unit.id, done.outcome, done.address, done.detail});
        return request_.on_stale == OnStale::skip;
      case UnitOutcome::failed:
        ++result_.failed;
        result_.problems.push_back({unit.id, done.outcome, done.address, done.detail});
        if (!result_.failure)
          result_.failure =
              done.failure
                  ? done.failure
                  : std::make_exception_ptr(planner::Refusal(planner::RefusalReason::temporary,
                                                             done.detail, "apply the plan again"));
        return false;
    }
    return false;
  }

  const ApplyRequest& request_;
  const planner::LoadedPlan& loaded_;
  UnitIndex index_;
  ApplySessions sessions_;
  std::map<std::string, TableLocks> locks_;
  StateHold* hold_;
  MissingUnits missing_;
  std::optional<BaselineKeeper> baselines_;
  std::optional<UndoLog> undo_;
  UnitMemory memory_;  // of a dry run: none
  std::optional<WatermarkMoves> watermarks_;
  std::optional<ReplicaAppliers> appliers_;
  ApplyObserver& observer_;
  ApplyResult result_;
  ServerProbe probe_;
  Throttle throttle_;
  ServerProgress servers_;
};

/// After the state has all: what tells of a run must not keep the next one from going on.
void audit(const ApplyRequest& request, const planner::LoadedPlan& loaded, const AuditedRun& run,
           planner::Connections& connections, ApplyResult& result) {
  AuditedRun audited = run;
  if (result.failure) audited.failure = text_of(result.failure);
  if (result.interrupted) audited.failure = "stopped: by a signal, or its time was over";
  result.audit_problems =
      write_audit(*request.manifest, loaded.plan, audited, result.tables, connections);
}

/// A run of `apply`, that is kept in the history.
ApplyResult recorded(const ApplyRequest& request, const planner::LoadedPlan& loaded,
                     StateHold& hold, planner::Connections& connections, Apply& units,
                     ApplyObserver& observer) {
  const PairScopes scopes = scopes_of(loaded.plan);
  std::vector<std::string> names;
  for (const auto& [pair, scope] : scopes) names.push_back(pair);
  RunRecord record(hold.store(), "apply", loaded.plan.run.plan_id, loaded.digest, names,
                   request.tool_version);
  observer.run_started(record.run_id(), loaded.plan.run.plan_id);
  ApplyResult result = units.run(record.run_id());
  verify(request, loaded.plan, result, observer);
  const auto end = [&] {
    state::RunEnd run_end = run_end_of(loaded.plan, result);
    if (request.exit_code) run_end.exit_code = request.exit_code(result);
    return run_end;
  };
  record.finish(
      end(),
      succeeded(scopes, result.tables, {result.missing_spokes.begin(), result.missing_spokes.end()},
                is_success(result), !result.verified || result.verified->equal),
      rows_by_pair(loaded.plan, result.tables));
  audit(request, loaded,
        {record.run_id(), loaded.digest, "apply", record.started_at(), hold.store().now(), "",
         request.tool_version, host_name()},
        connections, result);
  if (!result.audit_problems.empty()) record.finish(end(), {}, {});
  return result;
}

}  // namespace

bool is_success(const ApplyResult& result) noexcept {
  return !result.failure && !result.interrupted && result.stale == 0 && result.failed == 0 &&
         (!result.verified || result.verified->equal);
}

ApplyResult apply(const ApplyRequest& asked, ApplyObserver& observer) {
  planner::LoadedPlan loaded = load_applyable(asked);
  const planner::Manifest manifest = with_planned_sources(*asked.manifest, loaded.plan);
  ApplyRequest request = asked;
  request.manifest = &manifest;
  std::vector<planner::TableJob> jobs = jobs_of(request, loaded.plan);
  std::optional<StateHold> hold;
  if (!request.dry_run) {
    need_state_file(loaded.plan, state_path_of(*request.manifest));
    hold.emplace(StateHold::take(*request.manifest, "apply", {}, nullptr,
                                 [&](const std::string& text) { observer.note(text); }));
    prune(*hold, observer);
  }
  const auto work = [&] {
    if (hold)
      start_left_appliers(*request.manifest, request.base_dir, *hold,
                          [&](const std::string& text) { observer.warning(text); });
    planner::Connections connections(*request.manifest, request.base_dir);
    const LeftOut left_out = leave_out_missing(*request.manifest, connections, loaded, jobs);
    const auto pairs = pairs_of(request, loaded.plan, jobs, connections);
    if (!hold) look_at_baselines(loaded.plan, pairs, state_path_of(*request.manifest));
    Apply units(request, loaded, pairs, connections, left_out, hold ? &*hold : nullptr, observer);
    return hold ? recorded(request, loaded, *hold, connections, units, observer) : units.run("");
  };
  return request.around && hold ? request.around(loaded, work) : work();
}

ApplyResult apply_held(const ApplyRequest& asked, StateHold& hold, ApplyObserver& observer) {
  planner::LoadedPlan loaded = load_applyable(asked);
  const planner::Manifest manifest = with_planned_sources(*asked.manifest, loaded.plan);
  ApplyRequest request = asked;
  request.manifest = &manifest;
  std::vector<planner::TableJob> jobs = jobs_of(request, loaded.plan);
  prune(hold, observer);
  planner::Connections connections(*request.manifest, request.base_dir);
  const LeftOut left_out = leave_out_missing(*request.manifest, connections, loaded, jobs);
  const std::vector<planner::TablePair> pairs = pairs_of(request, loaded.plan, jobs, connections);
  // Not the run's id: that may apply a plan more than once, and each keeps a file for undo.
  const std::string attempt = planner::new_plan_id(std::chrono::system_clock::now());
  const std::string started_at = hold.store().now();
  ApplyResult result =
      Apply(request, loaded, pairs, connections, left_out, &hold, observer).run(attempt);
  audit(request, loaded,
        {request.run_id, loaded.digest, "sync", started_at, hold.store().now(), "",
         request.tool_version, host_name()},
        connections, result);
  return result;
}

}  // namespace rowplan::executor
