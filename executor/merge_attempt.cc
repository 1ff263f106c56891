#include "executor/merge_attempt.h"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <utility>

#include "executor/unit_batch.h"
#include "executor/unit_writer.h"
#include "mysql/mutant.h"
#include "planner/file_error.h"
#include "planner/plan_error.h"
#include "state/kill_point.h"

namespace rowplan::executor {

namespace {

using planner::Locking;

}  // namespace

std::vector<MergeAttempt::Progress*> MergeAttempt::progress_of(const UnitWork& unit) {
  std::vector<Progress*> all;
  for (const state::UnitRows& each : unit.units()) all.push_back(&progress_[each.unit]);
  return all;
}

UnitResult MergeAttempt::attempt(const UnitWork& unit) {
  // Of conflicts that stay as they are alone.
  if (unit.changes() == 0) return come_in(unit, UnitOutcome::already_done);
  Members members = begin(unit);
  RowHashes hashes(kHashedBytes);
  judge(members, hashes);
  remember(unit, members);
  const auto is_done = [](const Member& member) { return !member.is_to_write(); };
  if (std::all_of(members.begin(), members.end(), is_done)) {
    end_transactions(members);
    const auto progress = progress_of(unit);
    const bool ours = std::any_of(progress.begin(), progress.end(),
                                  [](const Progress* of) { return !of->committed.empty(); });
    return come_in(unit, ours ? UnitOutcome::applied : UnitOutcome::already_done);
  }
  const auto is_as_planned = [](const Member& member) {
    return member.tally.all_before || (member.part.is_written() && member.tally.all_after);
  };
  if (!std::all_of(members.begin(), members.end(), is_as_planned)) return stale(unit, members);
  check_schema(members);
  return write(unit, members, hashes);
}

/// Sessions without a transaction of an attempt before; those that write are in a new one.
MergeAttempt::Members MergeAttempt::begin(const UnitWork& unit) {
  Members members;
  for (UnitMember& part : members_of(unit)) {
    Member& member = members.emplace_back();
    member.part = std::move(part);
    member.rows.resize(member.part.work.tables.size());
    member.session = member.part.is_written() ? &sessions_.writer(member.part.server)
                                              : &sessions_.reader(member.part.server);
    const bool keeps_open =
        member.part.is_written() && mysql::planted(mysql::Mutant::no_rollback_on_retry);
    if (!keeps_open) member.session->rollback();
  }
  for (Member& member : members)
    if (member.part.is_written()) member.session->begin();
  return members;
}

/// The rows of all members that are written are locked before the others are looked at.
void MergeAttempt::judge(Members& members, RowHashes& hashes) {
  const auto look_at = [&](Member& member, Locking locking) {
    for (std::size_t t = 0; t < member.part.work.tables.size(); ++t)
      judge_member(member.part.work.tables[t], *member.session, request_.verify, locking,
                   member.rows[t].target, hashes, member.tally);
  };
  for (Member& member : members)
    if (member.part.is_written()) look_at(member, locked());
  for (Member& member : members) {
    if (member.part.is_written()) continue;
    member.session->begin_consistent_snapshot();
    look_at(member, Locking::none);
    member.session->rollback();
  }
}

/// What a lost COMMIT came to, the rows have told.
void MergeAttempt::remember(const UnitWork& unit, const Members& members) {
  for (Progress* progress : progress_of(unit))
    for (const Member& member : members) {
      if (!member.part.is_written()) continue;
      const std::string& server = member.part.server;
      if (!member.tally.all_after) {
        progress->sent.erase(server);
        progress->committed.erase(server);
        continue;
      }
      progress->may_be_written = true;
      if (progress->sent.count(server) > 0) progress->committed.insert(server);
    }
}

UnitResult MergeAttempt::come_in(const UnitWork& unit, UnitOutcome outcome) {
  memory_.settle(unit, state::UnitState::committed);
  for (Progress* progress : progress_of(unit)) progress->is_in = true;
  return {outcome, "", "", nullptr};
}

UnitResult MergeAttempt::stale(const UnitWork& unit, Members& members) {
  end_transactions(members);
  // Of several units, which one is not told yet.
  if (unit.parts.empty()) memory_.settle(unit, state::UnitState::stale);
  for (const Member& member : members)
    if (!member.tally.detail.empty())
      return {UnitOutcome::stale, member.tally.address, member.tally.detail, nullptr};
  // A member that is to stay as it is has another hash after the unit.
  throw planner::PlanError("plan.json", "a chunk of unit " + std::to_string(unit.id) +
                                            " changes on a member that is not written");
}

void MergeAttempt::check_schema(Members& members) {
  for (Member& member : members) {
    if (!member.is_to_write()) continue;
    for (const TableWork& table : member.part.work.tables) {
      const std::string& address = table.table->address;
      if (schemas_.is_as_planned(address, *member.session, table.pair->target, removes_rows(table)))
        continue;
      end_transactions(members);
      refuse_schema(address, member.part.server);
    }
  }
}

UnitResult MergeAttempt::write(const UnitWork& unit, Members& members, RowHashes& hashes) {
  if (request_.dry_run) {
    end_transactions(members);
    for (Progress* progress : progress_of(unit))
      for (const Member& member : members)
        if (member.is_to_write()) progress->committed.insert(member.part.server);
    return come_in(unit, UnitOutcome::applied);
  }
  if (const auto problem = prepare(members)) {
    end_transactions(members);
    return {problem->outcome, problem->address, problem->detail, nullptr};
  }
  memory_.intend(unit);
  for (Progress* progress : progress_of(unit)) progress->is_intended = true;
  if (const auto problem = write_rows(members, hashes))
    return roll_back(
        unit, members, *problem,
        std::make_exception_ptr(std::runtime_error(
            problem->address + ": unit " + std::to_string(unit.id) + ": " + problem->detail)));
  try {
    keep(unit, members);
  } catch (const planner::FileError& error) {
    return roll_back(
        unit, members,
        {unit.id, UnitOutcome::failed, unit.tables.front().table->address, error.what()},
        std::current_exception());
  }
  return commit(unit, members);
}

/// What is needed of rows before the first of them changes.
std::optional<UnitProblem> MergeAttempt::prepare(Members& members) {
  std::map<std::string, std::vector<const RowsByKey*>> all;  // by the table's address
  for (const Member& member : members)
    for (std::size_t t = 0; t < member.rows.size(); ++t)
      all[member.part.work.tables[t].table->address].push_back(&member.rows[t].target);
  for (Member& member : members) {
    if (!member.is_to_write()) continue;
    UnitWork& work = member.part.work;
    for (std::size_t t = 0; t < member.rows.size(); ++t) {
      const std::string& address = work.tables[t].table->address;
      if (const auto wrong =
              fill_references(work.tables[t], member.rows[t].target, all.at(address)))
        return UnitProblem{work.id, UnitOutcome::stale, address, *wrong};
    }
    auto captured = UndoCapture::before(*member.session, work, member.rows);
    if (auto* problem = std::get_if<UnitProblem>(&captured)) return *problem;
    member.captured = std::get<UndoCapture>(std::move(captured));
  }
  return std::nullopt;
}

std::optional<UnitProblem> MergeAttempt::write_rows(Members& members, RowHashes& hashes) {
  for (Member& member : members) {
    if (!member.is_to_write()) continue;
    const UnitWork& work = member.part.work;
    if (auto problem = write_unit(*member.session, work, member.rows)) return problem;
    if (auto problem = check_written(work, *member.session, request_.verify, hashes))
      return problem;
  }
  return std::nullopt;
}

/// In one record for all members: also for those that an attempt before this one has committed.
void MergeAttempt::keep(const UnitWork& unit, Members& members) {
  if (memory_.undo() == nullptr) return;
  for (Member& member : members) {
    if (!member.is_to_write()) continue;
    const UnitWork& work = member.part.work;
    for (UndoUnit& own : by_unit(member.captured->after(*member.session, work), work))
      progress_[own.id].kept[member.part.server] = std::move(own.tables);
  }
  std::vector<UndoUnit> kept;
  for (const state::UnitRows& each : unit.units()) {
    UndoUnit& own = kept.emplace_back();
    own.id = each.unit;
    for (const auto& [server, parts] : progress_[each.unit].kept)
      own.tables.insert(own.tables.end(), parts.begin(), parts.end());
  }
  memory_.undo()->keep(kept);
}

UnitResult MergeAttempt::commit(const UnitWork& unit, Members& members) {
  for (const Member& member : members)
    if (member.is_to_write()) locks_.at(member.part.server).check();
  for (Member& member : members) {
    if (!member.is_to_write()) continue;
    assert(member.session->in_transaction());
    for (Progress* progress : progress_of(unit)) {
      progress->may_be_written = true;
      progress->sent.insert(member.part.server);
    }
    if (mysql::planted(mysql::Mutant::settled_before_commit))
      memory_.settle(unit, state::UnitState::committed);
    state::kill_point("commit");
    const mysql::CommitResult result = member.session->commit();
    state::kill_point("committed");
    if (result == mysql::CommitResult::committed) {
      for (Progress* progress : progress_of(unit)) progress->committed.insert(member.part.server);
      continue;
    }
    end_transactions(members);
    memory_.settle(unit, state::UnitState::unknown);
    return {UnitOutcome::failed, unit.tables.front().table->address,
            "the connection to '" + member.part.server +
                "' was lost at COMMIT, and whether it took effect is not known; apply again: the "
                "rows will tell",
            nullptr};
  }
  end_transactions(members);
  return come_in(unit, UnitOutcome::applied);
}

/// Of members that are committed already, this changes nothing.
void MergeAttempt::end_transactions(Members& members) {
  for (Member& member : members) member.session->rollback();
}

UnitResult MergeAttempt::roll_back(const UnitWork& unit, Members& members,
                                   const UnitProblem& problem, std::exception_ptr why) {
  end_transactions(members);
  const bool stale = problem.outcome == UnitOutcome::stale;
  memory_.settle(unit, stale ? state::UnitState::stale : state::UnitState::failed);
  if (stale) return {UnitOutcome::stale, problem.address, problem.detail, nullptr};
  return failed(problem.address, problem.detail, std::move(why));
}

void MergeAttempt::end_of_attempts() {
  for (const auto& [id, progress] : progress_) {
    if (!progress.is_intended || progress.is_in || progress.may_be_written) continue;
    memory_.withdraw(id);
  }
  progress_.clear();
}

TableOps MergeAttempt::written(const UnitWork& unit) const {
  const auto progress = progress_.find(unit.id);
  TableOps ops;
  if (progress == progress_.end()) return ops;
  for (const UnitMember& member : members_of(unit))
    if (progress->second.committed.count(member.server) > 0) add(ops, member.work.ops());
  return ops;
}

}  // namespace rowplan::executor
