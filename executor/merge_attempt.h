// One attempt at a unit of two-way tables: a transaction on each member that it writes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "executor/apply_sessions.h"
#include "executor/executor.h"
#include "executor/schema_watch.h"
#include "executor/table_judge.h"
#include "executor/table_locks.h"
#include "executor/undo_capture.h"
#include "executor/unit_members.h"
#include "executor/unit_memory.h"
#include "executor/unit_result.h"
#include "mysql/session.h"

namespace rowplan::executor {

/// Locks and judges all members that are written, the first one first, then looks at the others;
/// writes and checks all of them, and only then commits one after the other. Who is killed between
/// two COMMITs leaves intents in the state: the next attempt, or the next plan, goes on from there.
class MergeAttempt {
 public:
  /// All must outlive it.
  MergeAttempt(const ApplyRequest& request, ApplySessions& sessions,
               std::map<std::string, TableLocks>& locks, const UnitMemory& memory,
               SchemaWatch& schemas)
      : request_(request), sessions_(sessions), locks_(locks), memory_(memory), schemas_(schemas) {}

  /// A result that failed for no reason: the answer to a COMMIT was lost. After one that failed, or
  /// an exception, members may be committed and others not. Throws mysql::Error, StateError,
  /// planner::Refusal and PlanError.
  [[nodiscard]] UnitResult attempt(const UnitWork& unit);

  /// Other units follow: what was remembered of attempts is of no more use. Of units that did not
  /// come in, and of which nothing was written, what was intended is withdrawn.
  void end_of_attempts();
  /// The rows that attempts at the unit have committed.
  [[nodiscard]] TableOps written(const UnitWork& unit) const;

 private:
  /// What one member of a unit comes to in an attempt.
  struct Member {
    UnitMember part;
    mysql::Session* session = nullptr;
    std::vector<TableRows> rows;  // of its tables; those of the target
    Tally tally;
    std::optional<UndoCapture> captured;

    [[nodiscard]] bool is_to_write() const { return part.is_written() && !tally.all_after; }
  };
  using Members = std::vector<Member>;

  /// What attempts at one unit have come to.
  struct Progress {
    std::set<std::string> sent;       // members to which a COMMIT was sent
    std::set<std::string> committed;  // those of them that took it
    bool may_be_written = false;      // on some member, by this run or an earlier one
    bool is_intended = false;
    bool is_in = false;
    std::map<std::string, std::vector<UndoTablePart>> kept;  // by member
  };

  [[nodiscard]] Members begin(const UnitWork& unit);
  void judge(Members& members, RowHashes& hashes);
  void remember(const UnitWork& unit, const Members& members);
  UnitResult come_in(const UnitWork& unit, UnitOutcome outcome);
  UnitResult stale(const UnitWork& unit, Members& members);
  void check_schema(Members& members);
  UnitResult write(const UnitWork& unit, Members& members, RowHashes& hashes);
  static void end_transactions(Members& members);
  [[nodiscard]] std::optional<UnitProblem> prepare(Members& members);
  [[nodiscard]] std::optional<UnitProblem> write_rows(Members& members, RowHashes& hashes);
  void keep(const UnitWork& unit, Members& members);
  UnitResult commit(const UnitWork& unit, Members& members);
  UnitResult roll_back(const UnitWork& unit, Members& members, const UnitProblem& problem,
                       std::exception_ptr why);
  [[nodiscard]] std::vector<Progress*> progress_of(const UnitWork& unit);

  const ApplyRequest& request_;
  ApplySessions& sessions_;
  std::map<std::string, TableLocks>& locks_;
  const UnitMemory& memory_;
  SchemaWatch& schemas_;
  std::map<std::uint64_t, Progress> progress_;  // by unit
};

}  // namespace rowplan::executor
