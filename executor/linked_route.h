// Via a replication source: its rows are locked and written, and stay what they are; its replica is
// judged, and changed by what it replicates.
#pragma once

#include <chrono>

#include "executor/apply_sessions.h"
#include "executor/unit_route.h"
#include "planner/catch_up.h"

namespace rowplan::executor {

/// How long the replica may take while rows of the source are locked. One that needs longer is
/// waited for without locks first, once.
inline constexpr std::chrono::seconds kLockedWaitAtMost{10};

class LinkedRoute : public UnitRoute {
 public:
  LinkedRoute(ApplySessions& sessions, Verify verify) : sessions_(sessions), verify_(verify) {}

  mysql::Session& begin(const UnitWork& unit) override;
  /// Throws planner::Refusal{temporary} where the replica does not catch up, Refusal{limit} where
  /// its replication stands still.
  Judgement judge(const UnitWork& unit) override;
  std::vector<Watched> watched() override;
  std::variant<UndoCapture, UnitProblem> capture(const UnitWork& unit,
                                                 const Judgement& judgement) override;
  std::optional<UnitProblem> write(const UnitWork& unit, Judgement& judgement) override;
  UndoUnit kept(UndoCapture& captured, const UnitWork& unit) override;
  /// Waits until the replica has what was committed, and hashes it. Where others have written to
  /// the source since, its rows are locked once more, and both must hold the same. Throws like
  /// judge.
  std::optional<UnitProblem> confirm(const UnitWork& unit, Judgement& judgement) override;

  /// Time spent waiting for the replica since it was last asked for.
  [[nodiscard]] std::chrono::milliseconds take_waited();

 private:
  void catch_up(const UnitWork& unit, std::chrono::milliseconds limit);
  [[nodiscard]] bool are_equal(const UnitWork& unit);

  ApplySessions& sessions_;
  Verify verify_;
  mysql::Session* source_ = nullptr;
  mysql::Session* replica_ = nullptr;
  std::chrono::steady_clock::duration waited_{};
};

}  // namespace rowplan::executor
