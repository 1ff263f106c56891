#include "executor/linked_route.h"

#include <utility>

#include "executor/linked_writer.h"
#include "planner/refusal.h"

namespace rowplan::executor {

namespace {

using SteadyClock = std::chrono::steady_clock;
using planner::Locking;
using planner::Side;

}  // namespace

mysql::Session& LinkedRoute::begin(const UnitWork& unit) {
  const planner::TableJob& job = unit.tables.front().pair->job;
  source_ = &sessions_.statement_writer(job.source);
  replica_ = &sessions_.reader(job.target);
  source_->rollback();
  replica_->rollback();
  source_->begin();
  return *source_;
}

Judgement LinkedRoute::judge(const UnitWork& unit) {
  const auto locked = [&] {
    return judge_linked(unit, *source_, *replica_, verify_,
                        [&] { catch_up(unit, kLockedWaitAtMost); });
  };
  try {
    return locked();
  } catch (const planner::Refusal& refusal) {
    if (refusal.reason() != planner::RefusalReason::temporary) throw;
  }
  // Nobody is to wait for rows while a replica is far behind.
  source_->rollback();
  catch_up(unit, planner::kCatchUpAtMost);
  source_->begin();
  return locked();
}

std::vector<UnitRoute::Watched> LinkedRoute::watched() {
  return {{*source_, Side::source}, {*replica_, Side::target}};
}

std::variant<UndoCapture, UnitProblem> LinkedRoute::capture(const UnitWork& unit,
                                                            const Judgement& judgement) {
  return UndoCapture::before(*replica_, unit, judgement.rows, Locking::none);
}

std::optional<UnitProblem> LinkedRoute::write(const UnitWork& unit, Judgement& judgement) {
  if (auto problem = write_linked(*source_, unit, judgement.rows)) return problem;
  return check_source_kept(unit, *source_, verify_, judgement.hashes);
}

UndoUnit LinkedRoute::kept(UndoCapture& captured, const UnitWork& unit) {
  return captured.planned(unit);
}

std::optional<UnitProblem> LinkedRoute::confirm(const UnitWork& unit, Judgement& judgement) {
  catch_up(unit, planner::kCatchUpAtMost);
  auto problem = check_replica(unit, *replica_, verify_, judgement.hashes);
  if (!problem || are_equal(unit)) return std::nullopt;
  problem->detail = "the replica does not hold what was written to its source: " + problem->detail;
  return problem;
}

/// The unit's rows, whatever they are by now.
bool LinkedRoute::are_equal(const UnitWork& unit) {
  source_->begin();
  std::vector<RowsByKey> wanted;
  for (const TableWork& table : unit.tables)
    wanted.push_back(read_rows(*source_, *table.pair, Side::source,
                               keys_of(*table.pair, changes_of(table)).target,
                               Locking::for_update));
  catch_up(unit, kLockedWaitAtMost);
  bool equal = true;
  for (std::size_t t = 0; t < unit.tables.size(); ++t) {
    const TableWork& table = unit.tables[t];
    equal = equal &&
            wanted[t] == read_rows(*replica_, *table.pair, Side::target,
                                   keys_of(*table.pair, changes_of(table)).target, Locking::none);
  }
  source_->rollback();
  return equal;
}

void LinkedRoute::catch_up(const UnitWork& unit, std::chrono::milliseconds limit) {
  const auto began = SteadyClock::now();
  planner::CatchUp(unit.tables.front().pair->job, limit).wait(*source_, *replica_);
  waited_ += SteadyClock::now() - began;
}

std::chrono::milliseconds LinkedRoute::take_waited() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::exchange(waited_, SteadyClock::duration::zero()));
}

}  // namespace rowplan::executor
