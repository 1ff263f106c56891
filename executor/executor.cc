#include "executor/executor.h"

#include <unistd.h>

#include <chrono>
#include <set>

#include "executor/audit_table.h"
#include "executor/preflight.h"
#include "executor/state_lock.h"
#include "executor/undo_log.h"
#include "executor/undo_prune.h"
#include "executor/unit_apply.h"
#include "executor/unit_batch.h"
#include "executor/unit_work.h"
#include "planner/plan_id.h"
#include "planner/refusal.h"
#include "state/pairs.h"
#include "state/runs.h"
#include "state/store.h"

namespace rowplan::executor {

namespace {

void prune(const std::string& state_path, state::Store& store, ApplyObserver& observer) {
  state::Journal journal(store);
  const auto before = state::rfc3339_utc(std::chrono::system_clock::now() - kUndoKept);
  const UndoPruned pruned = prune_undo(state_path, journal, before);
  for (const std::string& note : pruned.notes)
    observer.note("left among what is kept for undo: " + note);
  if (pruned.files > 0)
    observer.note("removed " + std::to_string(pruned.files) + " undo files from before " + before);
}

std::map<std::string, TableLocks> lock_tables(const planner::Plan& plan,
                                              planner::Connections& connections) {
  std::map<std::string, std::vector<std::string>> tables;
  for (const planner::PlanTable& table : plan.tables)
    if (!table.chunks.empty()) tables[table.target].push_back(table.members.at(table.target));
  std::map<std::string, TableLocks> locks;
  for (const auto& [server, names] : tables)
    locks.emplace(server,
                  TableLocks(connections.open(server, mysql::SessionMode::read_only), names));
  return locks;
}

std::string text_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  }
}

/// One apply, from the locks to the last record.
class Apply {
 public:
  Apply(const ApplyRequest& request, const planner::LoadedPlan& loaded,
        const std::vector<planner::TablePair>& pairs, planner::Connections& connections,
        state::Store* store, const std::string& state_path, ApplyObserver& observer)
      : request_(request),
        loaded_(loaded),
        index_(loaded, pairs),
        connections_(connections),
        sessions_(connections),
        locks_(lock_tables(loaded.plan, connections)),
        store_(store),
        observer_(observer) {
    result_.plan_id = loaded.plan.run.plan_id;
    result_.digest = loaded.digest;
    result_.units = loaded.plan.units.size();
    result_.tables = tallies_of(loaded.plan);
    if (store_ == nullptr) return;
    run_id_ = planner::new_plan_id(std::chrono::system_clock::now());
    journal_.emplace(*store_);
    undo_.emplace(state_path, UndoHeader{result_.plan_id, result_.digest, run_id_, store_->now(),
                                         request.tool_version});
  }

  ApplyResult run() {
    std::uint64_t changes = 0;
    for (const planner::PlanUnit& unit : loaded_.plan.units) changes += unit.changes;
    begin_record();
    observer_.apply_started(result_.units, changes);
    try {
      apply_units();
    } catch (...) {
      result_.failure = std::current_exception();
    }
    if (undo_) result_.undo = undo_->path();
    end_record();
    write_audit_rows();
    return std::move(result_);
  }

 private:
  void apply_units() {
    UnitApplier applier(request_, {result_.plan_id, result_.digest}, sessions_, locks_,
                        journal_ ? &*journal_ : nullptr, undo_ ? &*undo_ : nullptr, observer_);
    result_.not_tried = result_.units;
    BatchLoader batches(loaded_.plan.units, index_);
    while (true) {
      if (batches.more() && request_.stop != nullptr && request_.stop->load()) {
        result_.interrupted = true;
        return;
      }
      const std::vector<UnitWork> units = batches.next();
      if (units.empty()) return;
      observer_.unit_started(units.front().id, units.front().tables.front().table->address);
      const std::vector<UnitResult> results = applier.apply(units);
      if (units.size() > 1 && !applier.went_together()) batches.shrink();
      for (std::size_t i = 0; i < results.size(); ++i) {
        --result_.not_tried;
        if (!take(units[i], results[i])) return;
      }
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
        result_.failure =
            done.failure
                ? done.failure
                : std::make_exception_ptr(planner::Refusal(planner::RefusalReason::temporary,
                                                           done.detail, "apply the plan again"));
        return false;
    }
    return false;
  }

  void begin_record() {
    if (store_ == nullptr) return;
    std::set<std::string> pairs;
    for (const auto& [pair, rows] : rows_by_pair()) pairs.insert(pair);
    started_at_ = store_->now();
    state::Runs(*store_).begin({run_id_,
                                result_.plan_id,
                                result_.digest,
                                request_.verb,
                                {pairs.begin(), pairs.end()},
                                request_.tool_version,
                                host_name(),
                                static_cast<std::int64_t>(getpid())});
    observer_.run_started(run_id_, result_.plan_id);
  }

  [[nodiscard]] std::map<std::string, state::RowCounts> rows_by_pair() const {
    std::map<std::string, state::RowCounts> pairs;
    for (const planner::PlanTable& table : loaded_.plan.tables) {
      state::RowCounts& rows = pairs[table.address.substr(0, table.address.find('/'))];
      const planner::Ops& written = result_.tables.at(table.address).written;
      rows.inserted += written.insert;
      rows.updated += written.update;
      rows.deleted += written.remove;
      rows.conflicts += table.ops.conflict;
      rows.kept += table.ops.kept;
    }
    return pairs;
  }

  [[nodiscard]] state::RunEnd run_end() const {
    state::RunEnd end;
    end.exit_code = request_.exit_code(result_);
    for (const auto& [pair, rows] : rows_by_pair()) {
      end.rows.inserted += rows.inserted;
      end.rows.updated += rows.updated;
      end.rows.deleted += rows.deleted;
      end.rows.conflicts += rows.conflicts;
      end.rows.kept += rows.kept;
    }
    end.units_applied = result_.applied;
    end.units_done = result_.already_done;
    end.units_stale = result_.stale;
    end.units_failed = result_.failed;
    if (!result_.problems.empty())
      end.message = result_.problems.front().detail;
    else if (result_.failure)
      end.message = text_of(result_.failure);
    else if (!result_.audit_problems.empty())
      end.message = result_.audit_problems.front();
    return end;
  }

  void end_record() {
    if (store_ == nullptr) return;
    const bool success = !result_.failure && result_.stale == 0 && !result_.interrupted;
    store_->atomically([&] {
      state::Runs(*store_).finish(run_id_, run_end());
      if (!success) return;
      const bool all = loaded_.plan.only.empty() && loaded_.plan.exclude.empty();
      for (const auto& [pair, rows] : rows_by_pair())
        state::Pairs(*store_).succeeded(
            pair, result_.plan_id, rows,
            all ? state::CompareScope::full : state::CompareScope::partial);
    });
  }

  /// After the state has all: what tells of a run must not keep the next one from going on.
  void write_audit_rows() {
    if (store_ == nullptr) return;
    std::string failure;
    if (result_.failure) failure = text_of(result_.failure);
    if (result_.interrupted) failure = "stopped by a signal";
    result_.audit_problems =
        write_audit(*request_.manifest, loaded_.plan,
                    {run_id_, result_.digest, request_.verb, started_at_, store_->now(), failure,
                     request_.tool_version, host_name()},
                    result_.tables, connections_);
    if (!result_.audit_problems.empty()) state::Runs(*store_).finish(run_id_, run_end());
  }

  const ApplyRequest& request_;
  const planner::LoadedPlan& loaded_;
  UnitIndex index_;
  planner::Connections& connections_;
  ApplySessions sessions_;
  std::map<std::string, TableLocks> locks_;
  state::Store* store_;
  std::optional<state::Journal> journal_;
  std::optional<UndoLog> undo_;
  ApplyObserver& observer_;
  ApplyResult result_;
  std::string run_id_;
  std::string started_at_;
};

}  // namespace

ApplyResult apply(const ApplyRequest& request, ApplyObserver& observer) {
  const planner::LoadedPlan loaded = load_applyable(request);
  const std::vector<planner::TableJob> jobs = jobs_of(request, loaded.plan);
  const std::string state_path =
      planner::beside(request.manifest->file, request.manifest->state_path).string();
  std::optional<state::Lock> lock;
  std::optional<state::Store> store;
  if (!request.dry_run) {
    lock.emplace(lock_state(state_path, request.verb));
    store =
        state::Store::open(state_path, state::OpenMode::create, {.job = request.manifest->name});
    if (lock->abandoned_by())
      observer.note("took over the lock that " + lock->abandoned_by()->verb + " (pid " +
                    std::to_string(lock->abandoned_by()->pid) + ") left behind");
    prune(state_path, *store, observer);
  }
  planner::Connections connections(*request.manifest, request.base_dir);
  const std::vector<planner::TablePair> pairs = pairs_of(request, loaded.plan, jobs, connections);
  return Apply(request, loaded, pairs, connections, store ? &*store : nullptr, state_path, observer)
      .run();
}

}  // namespace rowplan::executor
