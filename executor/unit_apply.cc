#include "executor/unit_apply.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <thread>

#include "executor/judge.h"
#include "executor/superseded.h"
#include "executor/undo_capture.h"
#include "executor/unit_batch.h"
#include "executor/unit_stepping.h"
#include "executor/unit_writer.h"
#include "mysql/mutant.h"
#include "mysql/table_reader.h"
#include "planner/file_error.h"
#include "planner/refusal.h"
#include "planner/resolve.h"
#include "state/kill_point.h"

namespace rowplan::executor {

namespace {

constexpr unsigned kAttempts = 6;
constexpr unsigned kFirstDelayMs = 50;  // doubled with each attempt

UnitResult failed(const std::string& address, const std::string& detail, std::exception_ptr why) {
  return {UnitOutcome::failed, address, detail, std::move(why)};
}

void add(TableOps& total, const TableOps& more) {
  for (const auto& [address, ops] : more) {
    planner::Ops& sum = total[address];
    sum.insert += ops.insert;
    sum.update += ops.update;
    sum.remove += ops.remove;
  }
}

bool removes_rows(const TableWork& table) {
  return std::any_of(table.changes.begin(), table.changes.end(), [](const planner::Change& change) {
    return change.op == planner::Op::remove;
  });
}

}  // namespace

UnitApplier::UnitApplier(const ApplyRequest& request, const state::PlanRef& plan,
                         ApplySessions& sessions, std::map<std::string, TableLocks>& locks,
                         state::Journal* journal, UndoLog* undo, ApplyObserver& observer)
    : request_(request),
      plan_(plan),
      sessions_(sessions),
      direct_(sessions, request.verify),
      linked_(sessions, request.verify),
      locks_(locks),
      journal_(journal),
      undo_(undo),
      observer_(observer) {}

bool UnitApplier::ends_run(const UnitResult& result) const {
  return result.outcome == UnitOutcome::failed ||
         (result.outcome == UnitOutcome::stale && request_.on_stale == OnStale::abort);
}

std::vector<UnitResult> UnitApplier::apply(const std::vector<UnitWork>& units,
                                           const std::function<void()>& between_steps) {
  std::vector<UnitResult> results;
  commit_unknown_ = false;
  went_together_ = false;
  if (units.size() > 1) {
    const UnitResult together = apply_together(merged(units));
    const bool applied = together.outcome == UnitOutcome::applied;
    went_together_ = applied || together.outcome == UnitOutcome::already_done;
    for (std::size_t i = 0; went_together_ && i < units.size(); ++i)
      results.push_back({together.outcome, "", "", nullptr, applied ? units[i].ops() : TableOps()});
    if (went_together_) return results;
  }
  const bool commit_unknown = commit_unknown_;
  for (const UnitWork& unit : units) {
    results.push_back(unit.steps > 1 ? apply_in_steps(unit, between_steps)
                                     : apply_whole(unit, commit_unknown));
    if (ends_run(results.back())) break;
  }
  return results;
}

/// One attempt: whatever comes between, each unit is tried by itself, and tells of itself.
UnitResult UnitApplier::apply_together(UnitWork all) {
  try {
    return attempt(all);
  } catch (const mysql::Error& error) {
    if (!keeps_open_) sessions_.drop_writers(all.tables.front().pair->job.written());
    settle(all, state::UnitState::failed);
    return failed(all.tables.front().table->address, error.what(), std::current_exception());
  }
}

UnitResult UnitApplier::apply_in_steps(const UnitWork& unit,
                                       const std::function<void()>& between_steps) {
  const planner::TableJob& job = unit.tables.front().pair->job;
  UnitStepping stepping(unit);
  std::optional<std::uint64_t> reached;
  UnitResult looked = with_retries(unit, [&] {
    // What an earlier run wrote is on its way to a replica, perhaps.
    if (job.via_source())
      planner::CatchUp(job, planner::kCatchUpAtMost)
          .wait(sessions_.reader(job.source), sessions_.reader(job.target));
    reached = stepping.reached(sessions_.reader(job.target));
    return UnitResult{UnitOutcome::applied, "", "", nullptr};
  });
  if (looked.outcome == UnitOutcome::failed) return looked;
  if (!reached)
    return {UnitOutcome::stale, job.address,
            "the unit's chunks on '" + job.target + "' are in none of the states between its steps",
            nullptr};
  if (*reached == stepping.steps()) settle(unit, state::UnitState::committed);
  UnitResult result{*reached == stepping.steps() ? UnitOutcome::already_done : UnitOutcome::applied,
                    "", "", nullptr};
  for (std::uint64_t i = *reached; i < stepping.steps(); ++i) {
    try {
      if (i > *reached) between_steps();
    } catch (const std::exception& error) {
      UnitResult ended = failed(job.address, error.what(), std::current_exception());
      ended.written = std::move(result.written);
      return ended;
    }
    UnitResult step = apply_whole(stepping.step(i));
    add(step.written, result.written);
    result = std::move(step);
    if (result.outcome == UnitOutcome::stale || result.outcome == UnitOutcome::failed) break;
    result.outcome = UnitOutcome::applied;
    // What a dry run did not write, the next step would miss.
    if (request_.dry_run) break;
  }
  return result;
}

UnitResult UnitApplier::apply_whole(const UnitWork& unit, bool commit_unknown) {
  assert(!unit.tables.empty());
  commit_unknown_ = commit_unknown;
  return with_retries(unit, [&] {
    UnitWork tried = unit;
    UnitResult result = attempt(tried);
    if (result.outcome == UnitOutcome::applied) result.written = tried.ops();
    return result;
  });
}

template <typename Try>
UnitResult UnitApplier::with_retries(const UnitWork& unit, const Try& attempt) {
  const std::string server = unit.tables.front().pair->job.written();
  for (unsigned tried = 1;; ++tried) {
    unsigned delay_ms = kFirstDelayMs << tried;
    try {
      UnitResult result = attempt();
      if (result.outcome != UnitOutcome::failed || result.failure) return result;
      if (!commit_unknown_) return result;
      if (tried >= kAttempts) return result;
      observer_.unit_retry(unit.id, tried, delay_ms, result.detail);
    } catch (const mysql::Error& error) {
      // Never only the statement: a lock wait time-out leaves the transaction open.
      if (!keeps_open_) sessions_.drop_writers(server);
      const bool again = error.is_retryable() || error.is_connection_lost();
      if (!again || tried >= kAttempts)
        return failed(unit.tables.front().table->address, error.what(), std::current_exception());
      observer_.unit_retry(unit.id, tried, delay_ms, error.what());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
  }
}

/// A dry run keeps no journal, and a unit is not done before its last step.
void UnitApplier::settle(const UnitWork& unit, state::UnitState state) {
  if (journal_ == nullptr) return;
  if (state == state::UnitState::committed && !unit.last_step) return;
  std::vector<state::UnitRows> units = unit.units();
  if (state != state::UnitState::committed)
    for (state::UnitRows& each : units) each.rows = 0;
  journal_->settle(plan_, units, state);
}

UnitRoute& UnitApplier::route_of(const UnitWork& unit) {
  if (unit.tables.front().pair->job.via_source()) return linked_;
  return direct_;
}

UnitResult UnitApplier::attempt(UnitWork& unit) {
  UnitRoute& route = route_of(unit);
  mysql::Session& written = route.begin(unit);
  Judgement judgement;
  try {
    judgement = route.judge(unit);
  } catch (const planner::Refusal& refusal) {
    written.rollback();
    return failed(unit.tables.front().table->address, refusal.what(), std::current_exception());
  }
  if (judgement.verdict == Verdict::already_done) {
    written.rollback();
    settle(unit, state::UnitState::committed);
    // A lost answer to our own COMMIT is settled by what is there.
    return {commit_unknown_ ? UnitOutcome::applied : UnitOutcome::already_done, "", "", nullptr};
  }
  commit_unknown_ = false;
  std::optional<planner::Ops> superseded;
  const bool whole = unit.parts.empty() && unit.step == 0;
  if (judgement.verdict == Verdict::stale && judgement.target_as_planned && whole)
    superseded =
        leave_superseded(unit, judgement, sessions_.reader(unit.tables.front().pair->job.source));
  if (judgement.verdict == Verdict::stale && !superseded) {
    written.rollback();
    // Of several units, which one is not told yet.
    if (unit.parts.empty()) settle(unit, state::UnitState::stale);
    return {UnitOutcome::stale, judgement.address, judgement.detail, nullptr};
  }
  UnitResult result = write_judged(unit, judgement, route, written);
  result.superseded = superseded.value_or(planner::Ops());
  return result;
}

UnitResult UnitApplier::write_judged(UnitWork& unit, Judgement& judgement, UnitRoute& route,
                                     mysql::Session& written) {
  check_schema(unit, route, written);
  if (!request_.dry_run && unit.changes() > 0) return write(unit, judgement, route, written);
  written.rollback();
  settle(unit, state::UnitState::committed);
  return {UnitOutcome::applied, "", "", nullptr};
}

/// The rows are locked, so the table that is written is too: what its schema is now, it is at
/// COMMIT.
void UnitApplier::check_schema(const UnitWork& unit, UnitRoute& route, mysql::Session& written) {
  for (const TableWork& table : unit.tables)
    for (const UnitRoute::Watched& watched : route.watched()) {
      const mysql::Table& planned = table.pair->table(watched.side);
      const std::string& server = watched.session.server();
      const std::string definition = mysql::definition_text(watched.session, planned.name);
      std::string& known = definitions_[{table.table->address, server}];
      // Who refers to the table matters where rows go; the rest is in its own definition.
      if (known == definition && !removes_rows(table)) continue;
      const auto now = mysql::read_table(watched.session, planned.name, mysql::Relations::all);
      if (!now || mysql::schema_fingerprint(*now) != mysql::schema_fingerprint(planned)) {
        written.rollback();
        throw planner::Refusal(planner::RefusalReason::stale,
                               table.table->address + ": the schema on '" + server +
                                   "' changed while the plan was applied",
                               "plan again");
      }
      known = definition;
    }
}

UnitResult UnitApplier::write(UnitWork& unit, Judgement& judgement, UnitRoute& route,
                              mysql::Session& written) {
  const std::string& address = unit.tables.front().table->address;
  if (const auto problem = fill_references(unit, judgement.rows)) {
    written.rollback();
    return {UnitOutcome::stale, address, *problem, nullptr};
  }
  auto captured = route.capture(unit, judgement);
  if (const auto* problem = std::get_if<UnitProblem>(&captured)) {
    written.rollback();
    return {problem->outcome, problem->address, problem->detail, nullptr};
  }
  if (journal_ != nullptr) journal_->intend(plan_, unit.units());
  if (const auto problem = route.write(unit, judgement))
    return roll_back(
        unit, written, *problem,
        std::make_exception_ptr(std::runtime_error(
            problem->address + ": unit " + std::to_string(unit.id) + ": " + problem->detail)));
  try {
    if (undo_ != nullptr)
      undo_->keep(by_unit(route.kept(std::get<UndoCapture>(captured), unit), unit));
  } catch (const planner::FileError& error) {
    return roll_back(unit, written, {unit.id, UnitOutcome::failed, address, error.what()},
                     std::current_exception());
  }
  return commit(unit, judgement, route, written);
}

UnitResult UnitApplier::roll_back(const UnitWork& unit, mysql::Session& written,
                                  const UnitProblem& problem, std::exception_ptr why) {
  written.rollback();
  const bool stale = problem.outcome == UnitOutcome::stale;
  settle(unit, stale ? state::UnitState::stale : state::UnitState::failed);
  if (stale) return {UnitOutcome::stale, problem.address, problem.detail, nullptr};
  return failed(problem.address, problem.detail, std::move(why));
}

UnitResult UnitApplier::commit(const UnitWork& unit, Judgement& judgement, UnitRoute& route,
                               mysql::Session& written) {
  locks_.at(written.server()).check();
  assert(written.in_transaction());
  if (mysql::planted(mysql::Mutant::settled_before_commit))
    settle(unit, state::UnitState::committed);
  state::kill_point("commit");
  const mysql::CommitResult result = written.commit();
  state::kill_point("committed");
  if (result == mysql::CommitResult::unknown) {
    commit_unknown_ = true;
    settle(unit, state::UnitState::unknown);
    return {UnitOutcome::failed, unit.tables.front().table->address,
            "the connection was lost at COMMIT, and whether it took effect is not known; apply "
            "again: the rows will tell",
            nullptr};
  }
  // Whatever comes between now, another look finds the unit done.
  commit_unknown_ = true;
  try {
    if (const auto problem = route.confirm(unit, judgement))
      return roll_back(
          unit, written, *problem,
          std::make_exception_ptr(std::runtime_error(problem->address + ": " + problem->detail)));
  } catch (const planner::Refusal& refusal) {
    return roll_back(
        unit, written,
        {unit.id, UnitOutcome::failed, unit.tables.front().table->address, refusal.what()},
        std::current_exception());
  }
  commit_unknown_ = false;
  settle(unit, state::UnitState::committed);
  return {UnitOutcome::applied, "", "", nullptr};
}

}  // namespace rowplan::executor
