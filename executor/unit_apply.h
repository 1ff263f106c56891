// One unit: one transaction on the server that is written.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "executor/apply_sessions.h"
#include "executor/direct_route.h"
#include "executor/executor.h"
#include "executor/judge.h"
#include "executor/linked_route.h"
#include "executor/table_locks.h"
#include "executor/undo_log.h"
#include "executor/unit_work.h"
#include "mysql/mutant.h"
#include "planner/connections.h"
#include "state/journal.h"

namespace rowplan::executor {

struct UnitResult {
  UnitOutcome outcome = UnitOutcome::failed;
  std::string address;  ///< of the table that it is about, where not applied
  std::string detail;
  std::exception_ptr failure;    ///< of a unit that failed
  TableOps written = {};         ///< rows committed, of a unit in steps even where it is not done
  planner::Ops superseded = {};  ///< planned, and left to the next window
};

/// Carries out units, one after the other. Between two of them nothing is open on any server. Who
/// is written, and who is judged, its UnitRoute knows.
class UnitApplier {
 public:
  /// `journal` and `undo` may be null: a dry run keeps none. All must outlive this.
  UnitApplier(const ApplyRequest& request, const state::PlanRef& plan, ApplySessions& sessions,
              std::map<std::string, TableLocks>& locks, state::Journal* journal, UndoLog* undo,
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
  UnitResult apply_together(UnitWork all);
  UnitResult apply_in_steps(const UnitWork& unit, const std::function<void()>& between_steps);
  /// `commit_unknown`: the answer to an earlier COMMIT of the unit was lost.
  UnitResult apply_whole(const UnitWork& unit, bool commit_unknown = false);
  template <typename Try>
  UnitResult with_retries(const UnitWork& unit, const Try& attempt);
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
  state::PlanRef plan_;
  ApplySessions& sessions_;
  DirectRoute direct_;
  LinkedRoute linked_;
  std::map<std::string, TableLocks>& locks_;
  state::Journal* journal_;
  UndoLog* undo_;
  ApplyObserver& observer_;
  bool commit_unknown_ = false;
  bool went_together_ = false;
  const bool keeps_open_ = mysql::planted(mysql::Mutant::no_rollback_on_retry);
  // By address and server, as when all was last seen.
  std::map<std::pair<std::string, std::string>, std::string> definitions_;
};

}  // namespace rowplan::executor
