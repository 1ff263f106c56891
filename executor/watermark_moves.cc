#include "executor/watermark_moves.h"

#include <exception>
#include <variant>

#include "mysql/error.h"
#include "mysql/write_position.h"
#include "planner/instant.h"
#include "state/sync_positions.h"
#include "state/watermarks.h"

namespace rowplan::executor {

namespace {

std::string value_text(const std::optional<std::string>& value) {
  return value ? "'" + *value + "'" : "none";
}

}  // namespace

void WatermarkMoves::move(const MissingUnits& missing, ApplySessions& sessions,
                          ApplyObserver& observer) {
  std::exception_ptr failure;
  for (std::size_t i = 0; i < plan_.tables.size(); ++i) {
    if (!plan_.tables[i].watermark || !missing.none_of(i)) continue;
    try {
      move_one(plan_.tables[i], sessions, observer);
    } catch (const mysql::Error&) {
      // One target that is gone is no reason not to move what stands for others.
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

void WatermarkMoves::move_one(const planner::PlanTable& table, ApplySessions& sessions,
                              ApplyObserver& observer) {
  const planner::PlanWatermark& watermark = *table.watermark;
  const std::string position = mysql::write_position(sessions.reader(table.target));
  store_.atomically([&] {
    if (!move_watermark(store_, table.address, watermark, plan_.run.plan_id, observer)) return;
    state::SyncPositions(store_).put({table.address, watermark.full ? plan_.run.created_at : "",
                                      plan_.servers.at(table.first).identity,
                                      plan_.servers.at(table.target).identity, position});
  });
}

bool move_watermark(state::Store& store, const std::string& address,
                    const planner::PlanWatermark& watermark, const std::string& plan_id,
                    ApplyObserver& observer) {
  const state::WatermarkOutcome outcome =
      state::Watermarks(store).compare_and_set(address, watermark.from, watermark.to, plan_id);
  const auto* differs = std::get_if<state::WatermarkDiffers>(&outcome);
  if (differs == nullptr) return true;
  const auto stored =
      differs->stored ? std::optional(differs->stored->value) : std::optional<std::string>();
  if (stored != watermark.to)
    observer.note(address + ": the watermark stays at " + value_text(stored) + ": the plan found " +
                  value_text(watermark.from) + " and would set " + value_text(watermark.to));
  return false;
}

bool compared_all_rows(const planner::PlanTable& table) {
  for (const auto& [server, member] : table.on)
    if (member.watermark && !member.watermark->full) return false;
  return !table.watermark || table.watermark->full;
}

}  // namespace rowplan::executor
