#include "executor/sync.h"

#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "executor/halt.h"
#include "executor/kept_plans.h"
#include "executor/link_retry.h"
#include "executor/reading_pause.h"
#include "executor/replica_appliers.h"
#include "executor/run_record.h"
#include "executor/state_hold.h"
#include "planner/plan_error.h"
#include "planner/plan_reader.h"
#include "planner/planner.h"
#include "planner/refusal.h"

namespace rowplan::executor {

namespace {

using planner::Refusal;
using planner::RefusalReason;
using Addresses = std::set<std::string>;

/// Does the selection take in all that the plan was about?
bool covers(const planner::Selection& selection, const planner::Plan& plan) {
  return (selection.only.empty() && selection.exclude.empty()) ||
         (selection.only == plan.only && selection.exclude == plan.exclude);
}

/// Reasons not to go on with an old plan, but none not to make a new one.
bool left_behind(RefusalReason reason) {
  return reason == RefusalReason::digest || reason == RefusalReason::limit ||
         reason == RefusalReason::stale;
}

/// One run, with the state in its hands.
class Sync {
 public:
  Sync(const SyncRequest& request, Halt& halt, StateHold& hold, SyncObserver& observer)
      : request_(request),
        halt_(halt),
        hold_(hold),
        observer_(observer),
        plans_(hold.path()),
        record_(hold.store(), "sync", "", "", selected_pairs(*request.manifest, request.selection),
                request.tool_version) {
    result_.run_id = record_.run_id();
    observer_.run_started(result_.run_id);
  }

  SyncResult run() {
    attempt([this] {
      start_left_appliers(*request_.manifest, request_.base_dir, hold_,
                          [this](const std::string& text) { observer_.warning(text); });
      resume();
      work();
    });
    attempt([this] { tidy(); });
    attempt([this] { finish(); });
    result_.exit_code = request_.exit_code(result_);
    return std::move(result_);
  }

 private:
  /// What ends the run is remembered; the first failure counts.
  template <typename Work>
  void attempt(const Work& work) {
    try {
      work();
    } catch (const planner::Interrupted&) {
      (halt_.by_signal() ? result_.interrupted : result_.out_of_time) = true;
    } catch (...) {
      if (!result_.failure) result_.failure = std::current_exception();
    }
  }

  void resume();
  void work();
  SyncRound& plan(const planner::Selection& selection);
  Addresses apply(SyncRound& round);
  Addresses apply_or_replan(SyncRound& round, bool last);
  void drop_chunks() {
    for (SyncRound& round : result_.rounds)
      for (planner::PlanTable& table : round.plan.tables) table.chunks = {};
  }
  void verify();
  void tidy();
  void finish();
  [[nodiscard]] LinkRetry link_retry() {
    return {halt_, [this](const std::string& text) { observer_.warning(text); }};
  }

  const SyncRequest& request_;
  Halt& halt_;
  StateHold& hold_;
  SyncObserver& observer_;
  KeptPlans plans_;
  RunRecord record_;
  SyncResult result_;
  PairScopes scopes_;          ///< of the first plan
  Addresses written_;          ///< tables
  bool schema_moved_ = false;  ///< no unit is stale, but what all of them stand on
};

/// A run that was killed left units of which nobody knows what became of them: its plan is carried
/// to its end first. The journal holds the digest under which that was begun.
void Sync::resume() {
  std::map<std::string, std::string> left;
  for (const state::UnitEntry& unit : state::Journal(hold_.store()).unsettled())
    left[unit.plan.plan_id] = unit.plan.plan_digest;
  for (const auto& [plan_id, digest] : left) {
    SyncRound round;
    round.directory = plans_.path_of(plan_id).string();
    if (!std::filesystem::exists(round.directory)) continue;
    try {
      round.plan = planner::load_plan(round.directory).plan;
      round.digest = digest;
      round.resumed = true;
      if (!covers(request_.selection, round.plan)) continue;
      observer_.warning("going on with the plan in " + round.directory +
                        ", which a run that was killed had begun to apply");
      result_.rounds.push_back(std::move(round));
      apply(result_.rounds.back());
    } catch (const planner::PlanError& damaged) {
      observer_.warning(damaged.what());
    } catch (const Refusal& refusal) {
      if (!left_behind(refusal.reason())) throw;
      observer_.warning(refusal.what());
      give_up({plan_id, digest}, hold_.store());
    }
    drop_chunks();
  }
}

void Sync::work() {
  planner::Selection selection = request_.selection;
  bool narrowed = false;
  for (unsigned made = 0; made <= kReplansMax; ++made) {
    const bool last = made == kReplansMax;
    SyncRound& round = plan(selection);
    if (made == 0) scopes_ = scopes_of(round.plan);
    // A part of what is tied together may be no plan by itself.
    const bool part_alone = narrowed && !is_applyable(round.plan) && !last;
    Addresses stale;
    if (!part_alone) {
      refuse_unfit(round);
      refuse_unapproved(*request_.manifest, round);
      stale = apply_or_replan(round, last);
      if (stale.empty() && !schema_moved_) return verify();
    }
    narrowed = !part_alone && !schema_moved_;
    selection =
        narrowed ? planner::Selection{{stale.begin(), stale.end()}, {}} : request_.selection;
  }
}

SyncRound& Sync::plan(const planner::Selection& selection) {
  planner::PlanRequest request;
  request.manifest = request_.manifest;
  request.manifest_text = request_.manifest_text;
  request.base_dir = request_.base_dir;
  request.selection = selection;
  request.full = request_.full;
  request.tool_version = request_.tool_version;
  request.stop = &halt_.flag();
  LinkRetry retry = link_retry();
  SyncRound round;
  while (round.directory.empty()) {
    try {
      auto directory = planner::PlanDirectory::create(plans_.make_room(), planner::Overwrite::no);
      planner::PlanObserver& planning = observer_.planning();
      request.pause = reading_pause(*request_.manifest, request_.base_dir, request.stop, planning);
      planner::WrittenPlan written = planner::make_plan(request, directory, planning);
      round.digest = written.digest;
      round.plan = std::move(written.plan);
      round.directory = plans_.keep(round.plan.run.plan_id).string();
    } catch (...) {
      retry.wait_or_throw(std::current_exception());
    }
  }
  record_.planned(round.plan.run.plan_id, round.digest);
  result_.rounds.push_back(std::move(round));
  observer_.planned(result_.rounds.back());
  return result_.rounds.back();
}

/// Returns the tables that are stale, if any; the plan keeps no more than a summary.
Addresses Sync::apply(SyncRound& round) {
  ApplyRequest request;
  request.manifest = request_.manifest;
  request.base_dir = request_.base_dir;
  request.plan_dir = round.directory;
  request.expect_digest = round.digest;
  request.on_stale = OnStale::skip;
  request.tool_version = request_.tool_version;
  request.run_id = result_.run_id;
  request.stop = &halt_.flag();
  request.server_done = request_.server_done;
  LinkRetry retry = link_retry();
  while (true) {
    std::exception_ptr failure;
    try {
      ApplyResult result = apply_held(request, hold_, observer_.applying());
      failure = std::exchange(result.failure, nullptr);
      if (!result.undo.empty()) round.undo.push_back(result.undo);
      round.applied = round.applied ? together(*round.applied, std::move(result)) : result;
      if (round.applied->applied > 0)
        for (const auto& [table, tally] : round.applied->tables)
          if (tally.units > 0) written_.insert(table);
      if (round.applied->interrupted) throw planner::Interrupted{};
    } catch (...) {
      failure = std::current_exception();
    }
    if (!failure) break;
    retry.wait_or_throw(failure);
  }
  return stale_tables(round.plan, *round.applied);
}

/// What all units stand on, such as a schema, may be stale too: then the next plan is of all.
Addresses Sync::apply_or_replan(SyncRound& round, bool last) {
  schema_moved_ = false;
  Addresses stale;
  try {
    stale = apply(round);
  } catch (const Refusal& refusal) {
    if (refusal.reason() != RefusalReason::stale || last) throw;
    observer_.warning(refusal.what() + std::string("; planning again"));
    schema_moved_ = true;
  }
  drop_chunks();
  return stale;
}

void Sync::verify() {
  if (!request_.manifest->policy.verify_after || written_.empty()) return;
  LinkRetry retry = link_retry();
  while (!result_.verified) {
    try {
      result_.verified =
          compare_again(request_.manifest, request_.base_dir, {written_.begin(), written_.end()},
                        &halt_.flag(), observer_.planning());
    } catch (...) {
      retry.wait_or_throw(std::current_exception());
    }
  }
}

/// A plan of which nothing came is not worth its room.
void Sync::tidy() {
  for (SyncRound& round : result_.rounds) {
    if (round.plan.summary.ops.changes() > 0 || !round.applied || !is_success(*round.applied))
      continue;
    plans_.remove(round.plan.run.plan_id);
    round.directory.clear();
  }
  state::Journal journal(hold_.store());
  const PlansPruned pruned = plans_.prune(request_.manifest->output.keep, journal);
  for (const std::string& note : pruned.notes) observer_.warning("left among the plans: " + note);
  for (SyncRound& round : result_.rounds)
    if (!std::filesystem::exists(round.directory)) round.directory.clear();
}

void Sync::finish() {
  result_.exit_code = request_.exit_code(result_);
  state::RunEnd end;
  end.exit_code = result_.exit_code;
  PairRows rows;
  for (const SyncRound& round : result_.rounds) {
    if (!round.applied) continue;
    const state::RunEnd part = run_end_of(round.plan, *round.applied);
    end.units_applied += part.units_applied;
    end.units_done += part.units_done;
    end.units_failed += part.units_failed;
    if (!part.message.empty()) end.message = part.message;
    add(rows, rows_by_pair(round.plan, round.applied->tables));
  }
  end.rows = total_of(rows);
  end.units_stale = result_.units_stale();
  if (result_.failure) end.message = text_of(result_.failure);
  if (result_.is_success()) end.message.clear();
  record_.finish(end,
                 succeeded(scopes_, last_tallies(result_.rounds), result_.missing_spokes(),
                           result_.is_success(), !result_.verified || result_.verified->equal),
                 rows);
}

}  // namespace

SyncResult sync(const SyncRequest& request, SyncObserver& observer) {
  Halt halt(request.stop, request.max_duration);
  StateHold hold = StateHold::take(*request.manifest, "sync", request.lock_wait, &halt,
                                   [&](const std::string& text) { observer.warning(text); });
  const auto work = [&] { return Sync(request, halt, hold, observer).run(); };
  return request.around ? request.around(work) : work();
}

}  // namespace rowplan::executor
