// One unit: one transaction on the server that is written.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "executor/executor.h"
#include "executor/judge.h"
#include "executor/table_locks.h"
#include "executor/undo_log.h"
#include "executor/unit_work.h"
#include "mysql/mutant.h"
#include "planner/connections.h"
#include "state/journal.h"

namespace rowplan::executor {

/// Sessions of an apply, made when first needed and again when they were lost.
class ApplySessions {
 public:
  /// `unlogged`: servers whose writers leave no trace in a binary log.
  ApplySessions(planner::Connections& connections, std::set<std::string> unlogged)
      : connections_(connections), unlogged_(std::move(unlogged)) {}
  [[nodiscard]] mysql::Session& reader(const std::string& server);
  [[nodiscard]] mysql::Session& writer(const std::string& server);
  /// Closes the writer: its transaction is rolled back, and nothing that was set on it is left
  /// over.
  void drop_writer(const std::string& server) noexcept { writers_.erase(server); }
  void drop_all() noexcept {
    readers_.clear();
    writers_.clear();
  }

 private:
  mysql::Session& open(std::map<std::string, mysql::Session>& sessions, const std::string& server,
                       mysql::SessionMode mode);
  planner::Connections& connections_;
  std::set<std::string> unlogged_;
  std::map<std::string, mysql::Session> readers_;
  std::map<std::string, mysql::Session> writers_;
};

struct UnitResult {
  UnitOutcome outcome = UnitOutcome::failed;
  std::string address;  ///< of the table that it is about, where not applied
  std::string detail;
  std::exception_ptr failure;    ///< of a unit that failed
  TableOps written = {};         ///< rows committed, of a unit in steps even where it is not done
  planner::Ops superseded = {};  ///< planned, and left to the next window
};

/// Carries out units, one after the other. Between two of them nothing is open on any server.
class UnitApplier {
 public:
  /// `journal` and `undo` may be null: a dry run keeps none. All must outlive this.
  UnitApplier(const ApplyRequest& request, const state::PlanRef& plan, ApplySessions& sessions,
              std::map<std::string, TableLocks>& locks, state::Journal* journal, UndoLog* undo,
              ApplyObserver& observer);

  /// Units of one target. Lock, hash, judge, write, hash, keep what was there, commit, record: each
  /// all or nothing. Several, which may_share() a transaction (executor/unit_batch.h), go together
  /// while all are as planned and nothing comes between; else each goes by itself, and is tried
  /// again as a whole while the server says that that may help. A unit in steps goes step by step
  /// from where it stands. Results in their order: the first that ends the run is the last one.
  /// Throws planner::Refusal{locked} and PlanError; what a server refused is in the result.
  [[nodiscard]] std::vector<UnitResult> apply(const std::vector<UnitWork>& units);
  /// Did the last several units go together?
  [[nodiscard]] bool went_together() const { return went_together_; }

 private:
  /// Does the run end with a unit that came to this?
  [[nodiscard]] bool ends_run(const UnitResult& result) const;
  UnitResult apply_together(UnitWork all);
  UnitResult apply_in_steps(const UnitWork& unit);
  /// `commit_unknown`: the answer to an earlier COMMIT of the unit was lost.
  UnitResult apply_whole(const UnitWork& unit, bool commit_unknown = false);
  template <typename Try>
  UnitResult with_retries(const UnitWork& unit, const Try& attempt);
  void settle(const UnitWork& unit, state::UnitState state);
  /// Puts values in the place of the unit's references.
  UnitResult attempt(UnitWork& unit);
  UnitResult write_judged(UnitWork& unit, Judgement& judgement, mysql::Session& target);
  UnitResult write(UnitWork& unit, Judgement& judgement, mysql::Session& target);
  std::optional<UnitProblem> write_rows(const UnitWork& unit, const Judgement& judgement,
                                        mysql::Session& target);
  UnitResult roll_back(const UnitWork& unit, mysql::Session& target, const UnitProblem& problem,
                       std::exception_ptr why);
  UnitResult commit(const UnitWork& unit, mysql::Session& target);
  void check_schema(const UnitWork& unit, mysql::Session& target);

  const ApplyRequest& request_;
  state::PlanRef plan_;
  ApplySessions& sessions_;
  std::map<std::string, TableLocks>& locks_;
  state::Journal* journal_;
  UndoLog* undo_;
  ApplyObserver& observer_;
  bool commit_unknown_ = false;
  bool went_together_ = false;
  const bool keeps_open_ = mysql::planted(mysql::Mutant::no_rollback_on_retry);
  std::map<std::string, std::string> definitions_;  // by address, as when all was last seen
};

}  // namespace rowplan::executor
