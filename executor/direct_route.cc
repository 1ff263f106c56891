#include "executor/direct_route.h"

#include "executor/trigger_repair.h"
#include "executor/unit_writer.h"
#include "mysql/mutant.h"

namespace rowplan::executor {

mysql::Session& DirectRoute::begin(const UnitWork& unit) {
  const planner::TableJob& job = unit.tables.front().pair->job;
  target_ = &sessions_.writer(job.target);
  source_ = &sessions_.reader(job.source);
  if (!mysql::planted(mysql::Mutant::no_rollback_on_retry)) target_->rollback();
  source_->rollback();
  target_->begin();
  return *target_;
}

Judgement DirectRoute::judge(const UnitWork& unit) {
  return executor::judge(unit, *source_, *target_, verify_);
}

std::variant<UndoCapture, UnitProblem> DirectRoute::capture(const UnitWork& unit,
                                                            const Judgement& judgement) {
  return UndoCapture::before(*target_, unit, judgement.rows);
}

std::optional<UnitProblem> DirectRoute::write(const UnitWork& unit, Judgement& judgement) {
  if (auto problem = write_rows(unit, judgement)) return problem;
  return check_written(unit, *target_, verify_, judgement.hashes);
}

std::optional<UnitProblem> DirectRoute::write_rows(const UnitWork& unit,
                                                   const Judgement& judgement) {
  if (!fires_triggers(unit)) return write_unit(*target_, unit, judgement.rows);
  TriggerRepair repair(*target_, sessions_.reader(target_->server()), unit, judgement.rows);
  repair.set_aside();
  if (auto problem = write_unit(*target_, repair.first_writes(), judgement.rows)) return problem;
  return repair.put_right();
}

UndoUnit DirectRoute::kept(UndoCapture& captured, const UnitWork& unit) {
  return captured.after(*target_, unit);
}

}  // namespace rowplan::executor
