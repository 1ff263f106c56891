#include "executor/unit_apply.h"

#include <cassert>

#include "executor/judge.h"
#include "executor/superseded.h"
#include "executor/undo_capture.h"
#include "executor/unit_batch.h"
#include "executor/unit_retries.h"
#include "executor/unit_stepping.h"
#include "executor/unit_writer.h"
#include "mysql/mutant.h"
#include "planner/file_error.h"
#include "planner/refusal.h"
#include "state/kill_point.h"

namespace rowplan::executor {

UnitApplier::UnitApplier(const ApplyRequest& request, ApplySessions& sessions,
                         std::map<std::string, TableLocks>& locks, const UnitMemory& memory,
                         ApplyObserver& observer)
    : request_(request),
      sessions_(sessions),
      direct_(sessions, request.verify),
      linked_(sessions, request.verify),
      locks_(locks),
      memory_(memory),
      observer_(observer),
      merges_(request, sessions, locks, memory, schemas_) {}

bool UnitApplier::ends_run(const UnitResult& result) const {
  return result.outcome == UnitOutcome::failed ||
         (result.outcome == UnitOutcome::stale && request_.on_stale == OnStale::abort);
}

std::vector<UnitResult> UnitApplier::apply(const std::vector<UnitWork>& units,
                                           const std::function<void()>& between_steps) {
  commit_unknown_ = false;
  std::vector<UnitResult> results;
  if (units.size() > 1) results = apply_together(units);
  went_together_ = !results.empty();
  const bool commit_unknown = commit_unknown_;
  for (std::size_t i = results.size(); i < units.size(); ++i) {
    const UnitWork& unit = units[i];
    results.push_back(unit.steps > 1 ? apply_in_steps(unit, between_steps)
                                     : apply_whole(unit, commit_unknown));
    if (ends_run(results.back())) break;
  }
  merges_.end_of_attempts();
  return results;
}

/// One attempt, of which there is no result unless all are in: else each unit is tried by itself,
/// and tells of itself.
std::vector<UnitResult> UnitApplier::apply_together(const std::vector<UnitWork>& units) {
  std::vector<UnitResult> results;
  UnitWork all = merged(units);
  try {
    const UnitOutcome outcome = attempt(all).outcome;
    if (outcome == UnitOutcome::applied || outcome == UnitOutcome::already_done)
      for (const UnitWork& unit : units)
        results.push_back({outcome, "", "", nullptr, written(unit, outcome)});
  } catch (const mysql::Error&) {
    drop_writers(all, sessions_);
    settle(all, state::UnitState::failed);
  }
  return results;
}

/// The rows that a unit which came to this has committed.
TableOps UnitApplier::written(const UnitWork& unit, UnitOutcome outcome) const {
  if (unit.two_way()) return merges_.written(unit);
  return outcome == UnitOutcome::applied ? unit.ops() : TableOps();
}

UnitResult UnitApplier::apply_in_steps(const UnitWork& unit,
                                       const std::function<void()>& between_steps) {
  const planner::TableJob& job = unit.tables.front().pair->job;
  UnitStepping stepping(unit);
  std::optional<std::uint64_t> reached;
  UnitResult looked = with_retries(unit, sessions_, observer_, [&] {
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
  UnitResult result = with_retries(unit, sessions_, observer_, [&] {
    UnitWork tried = unit;
    UnitResult come_to = attempt(tried);
    come_to.written = written(tried, come_to.outcome);
    return come_to;
  });
  // Where an attempt that was given up has committed on some members, too.
  if (unit.two_way()) result.written = written(unit, result.outcome);
  return result;
}

/// A unit is not done before its last step.
void UnitApplier::settle(const UnitWork& unit, state::UnitState state) {
  if (state == state::UnitState::committed && !unit.last_step) return;
  memory_.settle(unit, state);
}

UnitRoute& UnitApplier::route_of(const UnitWork& unit) {
  if (unit.tables.front().pair->job.via_source()) return linked_;
  return direct_;
}

UnitResult UnitApplier::attempt(UnitWork& unit) {
  if (unit.two_way()) return merges_.attempt(unit);
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

void UnitApplier::check_schema(const UnitWork& unit, UnitRoute& route, mysql::Session& written) {
  for (const TableWork& table : unit.tables)
    for (const UnitRoute::Watched& watched : route.watched()) {
      const mysql::Table& planned = table.pair->table(watched.side);
      const std::string& address = table.table->address;
      if (schemas_.is_as_planned(address, watched.session, planned, removes_rows(table))) continue;
      written.rollback();
      refuse_schema(address, watched.session.server());
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
  memory_.intend(unit);
  if (const auto problem = route.write(unit, judgement))
    return roll_back(
        unit, written, *problem,
        std::make_exception_ptr(std::runtime_error(
            problem->address + ": unit " + std::to_string(unit.id) + ": " + problem->detail)));
  try {
    if (memory_.undo() != nullptr)
      memory_.undo()->keep(by_unit(route.kept(std::get<UndoCapture>(captured), unit), unit));
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
