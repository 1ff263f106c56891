#include "executor/judge.h"

#include "executor/table_judge.h"
#include "mysql/mutant.h"

namespace rowplan::executor {

namespace {

using planner::Locking;

/// A unit is done or stale as a whole. What the target holds already needs no source.
void conclude(Judgement& judgement, const Tally& on_source, const Tally& on_target) {
  if (on_target.all_after) {
    judgement.verdict = Verdict::already_done;
  } else if (on_target.all_before && on_source.all_before) {
    judgement.verdict = Verdict::as_planned;
  } else {
    const Tally& stale = on_target.detail.empty() ? on_source : on_target;
    judgement.target_as_planned = on_target.all_before;
    judgement.address = stale.address;
    judgement.detail = stale.detail;
  }
}

}  // namespace

Judgement judge(const UnitWork& unit, mysql::Session& source, mysql::Session& target,
                Verify verify) {
  Judgement judgement;
  judgement.rows.resize(unit.tables.size());
  Tally on_target;
  Tally on_source;
  for (std::size_t t = 0; t < unit.tables.size(); ++t)
    judge_target(unit.tables[t], target, verify, locked(), judgement.rows[t].target,
                 judgement.hashes, on_target);
  source.begin_consistent_snapshot();
  for (std::size_t t = 0; t < unit.tables.size(); ++t)
    judge_source(unit.tables[t], source, verify, Locking::none, judgement.rows[t].source,
                 judgement.hashes, on_source);
  source.rollback();
  conclude(judgement, on_source, on_target);
  return judgement;
}

Judgement judge_linked(const UnitWork& unit, mysql::Session& source, mysql::Session& replica,
                       Verify verify, const std::function<void()>& catch_up) {
  Judgement judgement;
  judgement.rows.resize(unit.tables.size());
  Tally on_target;
  Tally on_source;
  for (std::size_t t = 0; t < unit.tables.size(); ++t)
    judge_source(unit.tables[t], source, verify, Locking::for_update, judgement.rows[t].source,
                 judgement.hashes, on_source);
  catch_up();
  replica.begin_consistent_snapshot();
  for (std::size_t t = 0; t < unit.tables.size(); ++t)
    judge_target(unit.tables[t], replica, verify, Locking::none, judgement.rows[t].target,
                 judgement.hashes, on_target);
  replica.rollback();
  conclude(judgement, on_source, on_target);
  return judgement;
}

std::optional<UnitProblem> check_source_kept(const UnitWork& unit, mysql::Session& source,
                                             Verify verify, RowHashes& hashes) {
  Tally tally;
  for (const TableWork& table : unit.tables) {
    RowsByKey rows;
    judge_source(table, source, verify, Locking::for_update, rows, hashes, tally);
  }
  if (tally.all_before) return std::nullopt;
  return UnitProblem{unit.id, UnitOutcome::failed, tally.address,
                     "a write changed rows of the source: " + tally.detail};
}

std::optional<UnitProblem> check_replica(const UnitWork& unit, mysql::Session& replica,
                                         Verify verify, RowHashes& hashes) {
  Tally tally;
  replica.begin_consistent_snapshot();
  for (const TableWork& table : unit.tables) {
    RowsByKey rows;
    judge_target(table, replica, verify, Locking::none, rows, hashes, tally);
  }
  replica.rollback();
  if (tally.all_after) return std::nullopt;
  return UnitProblem{unit.id, UnitOutcome::failed, tally.address, tally.detail};
}

std::optional<UnitProblem> check_written(const UnitWork& unit, mysql::Session& target,
                                         Verify verify, RowHashes& hashes) {
  if (mysql::planted(mysql::Mutant::not_checked_after_writing)) return std::nullopt;
  for (const TableWork& table : unit.tables)
    if (const auto wrong = not_as_written(table, target, verify, hashes))
      return UnitProblem{unit.id, UnitOutcome::failed, table.table->address, *wrong};
  return std::nullopt;
}

}  // namespace rowplan::executor
