// One unit: one transaction on each server that is written.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "executor/apply_sessions.h"
#include "executor/direct_route.h"
#include "executor/executor.h"
#include "executor/judge.h"
#include "executor/linked_route.h"
#include "executor/merge_attempt.h"
#include "executor/schema_watch.h"
#include "executor/table_locks.h"
#include "executor/undo_log.h"
#include "executor/unit_memory.h"
#include "executor/unit_result.h"
#include "executor/unit_work.h"

namespace rowplan::executor {

/// Carries out units, one after the other. Between two of them nothing is open on any server. Who
/// is written, and who is judged, its UnitRoute knows; of two-way tables, where several servers
/// are, MergeAttempt does it.
class UnitApplier {
 public:
  /// All must outlive this.
  UnitApplier(const ApplyRequest& request, ApplySessions& sessions,
              std::map<std::string, TableLocks>& locks, const UnitMemory& memory,
              ApplyObserver& observer);

  /// Units of one target, written to one server. Lock, hash, judge, write, hash, keep what was
  /// there, commit, record: each all or nothing. Several, which may_share() a transaction
  /// (executor/unit_batch.h), go together while all are as planned and nothing comes between; else
  /// each goes by itself, and is tried again as a whole while the server says that that may help. A
  /// unit in steps goes step by step from where it stands, and calls `between_steps`, which may
  /// wait, or throw to end the run there. Results in their order: the first that ends the run is
  /// the last one. Throws planner::Refusal{locked} and PlanError; what a server refused is in the
  /// result.
  [[nodiscard]] std::vector<UnitResult> apply(const std::vector<UnitWork>& units,
                                              const std::function<void()>& between_steps);
  /// Did the last several units go together?
  [[nodiscard]] bool went_together() const { return went_together_; }
  /// Time that the last several units waited for a replica.
  [[nodiscard]] std::chrono::milliseconds take_waited() { return linked_.take_waited(); }

 private:
  /// Does the run end with a unit that came to this?
  [[nodiscard]] bool ends_run(const UnitResult& result) const;
  std::vector<UnitResult> apply_together(const std::vector<UnitWork>& units);
  UnitResult apply_in_steps(const UnitWork& unit, const std::function<void()>& between_steps);
  /// `commit_unknown`: the answer to an earlier COMMIT of the unit was lost.
  UnitResult apply_whole(const UnitWork& unit, bool commit_unknown = false);
  [[nodiscard]] TableOps written(const UnitWork& unit, UnitOutcome outcome) const;
  void settle(const UnitWork& unit, state::UnitState state);
  /// Puts values in the place of the unit's references.
  UnitResult attempt(UnitWork& unit);
  [[nodiscard]] UnitRoute& route_of(const UnitWork& unit);
  UnitResult write_judged(UnitWork& unit, Judgement& judgement, UnitRoute& route,
                          mysql::Session& written);
  UnitResult write(UnitWork& unit, Judgement& judgement, UnitRoute& route, mysql::Session& written);
  UnitResult roll_back(const UnitWork& unit, mysql::Session& written, const UnitProblem& problem,
                       std::exception_ptr why);
  UnitResult commit(const UnitWork& unit, Judgement& judgement, UnitRoute& route,
                    mysql::Session& written);
  void check_schema(const UnitWork& unit, UnitRoute& route, mysql::Session& written);

  const ApplyRequest& request_;
  ApplySessions& sessions_;
  DirectRoute direct_;
  LinkedRoute linked_;
  std::map<std::string, TableLocks>& locks_;
  const UnitMemory& memory_;
  ApplyObserver& observer_;
  SchemaWatch schemas_;
  MergeAttempt merges_;
  bool commit_unknown_ = false;
  bool went_together_ = false;
};

}  // namespace rowplan::executor
