// One way: the target's rows are locked, judged and written.
#pragma once

#include "executor/apply_sessions.h"
#include "executor/unit_route.h"

namespace rowplan::executor {

class DirectRoute : public UnitRoute {
 public:
  DirectRoute(ApplySessions& sessions, Verify verify) : sessions_(sessions), verify_(verify) {}

  mysql::Session& begin(const UnitWork& unit) override;
  Judgement judge(const UnitWork& unit) override;
  std::vector<Watched> watched() override { return {{*target_, planner::Side::target}}; }
  std::variant<UndoCapture, UnitProblem> capture(const UnitWork& unit,
                                                 const Judgement& judgement) override;
  std::optional<UnitProblem> write(const UnitWork& unit, Judgement& judgement) override;
  UndoUnit kept(UndoCapture& captured, const UnitWork& unit) override;
  std::optional<UnitProblem> confirm(const UnitWork& /*unit*/, Judgement& /*judgement*/) override {
    return std::nullopt;
  }

 private:
  std::optional<UnitProblem> write_rows(const UnitWork& unit, const Judgement& judgement);

  ApplySessions& sessions_;
  Verify verify_;
  mysql::Session* source_ = nullptr;
  mysql::Session* target_ = nullptr;
};

}  // namespace rowplan::executor
