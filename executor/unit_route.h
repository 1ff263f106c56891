// Who is locked, judged and written when a unit is carried out.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "executor/judge.h"
#include "executor/undo_capture.h"
#include "executor/unit_work.h"
#include "mysql/session.h"

namespace rowplan::executor {

/// What a UnitApplier asks for, in this order, once for each attempt at a unit. All throw
/// mysql::Error.
class UnitRoute {
 public:
  virtual ~UnitRoute() = default;

  /// Leaves nothing open of an attempt before, and begins the transaction that writes. Returns its
  /// session.
  virtual mysql::Session& begin(const UnitWork& unit) = 0;
  /// Locks the unit's rows where they are written, and judges all members.
  virtual Judgement judge(const UnitWork& unit) = 0;
  /// The tables whose schema must be what was planned while they are written.
  struct Watched {
    mysql::Session& session;
    planner::Side side;
  };
  [[nodiscard]] virtual std::vector<Watched> watched() = 0;
  /// What the changes will overwrite.
  virtual std::variant<UndoCapture, UnitProblem> capture(const UnitWork& unit,
                                                         const Judgement& judgement) = 0;
  /// Writes, and looks at what is there then. What went wrong, or nothing.
  virtual std::optional<UnitProblem> write(const UnitWork& unit, Judgement& judgement) = 0;
  /// Completes what is kept for undo.
  virtual UndoUnit kept(UndoCapture& captured, const UnitWork& unit) = 0;
  /// After the COMMIT: what of it did not come to where it was meant to, or nothing.
  virtual std::optional<UnitProblem> confirm(const UnitWork& unit, Judgement& judgement) = 0;
};

}  // namespace rowplan::executor
