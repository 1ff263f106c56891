#include "executor/watermark_moves.h"

#include <exception>
#include <set>
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

WatermarkMoves::WatermarkMoves(const planner::Plan& plan, state::Store& store)
    : plan_(plan), store_(store) {
  for (const planner::PlanTable& table : plan.tables) {
    std::set<std::uint64_t> units;
    if (table.watermark)
      for (const planner::PlanChunk& chunk : table.chunks) units.insert(chunk.unit);
    missing_.push_back(units.size());
  }
}

void WatermarkMoves::unit_in(const UnitWork& unit) {
  for (const TableWork& table : unit.tables) {
    if (table.chunks.empty() || !table.table->watermark) continue;
    --missing_[static_cast<std::size_t>(table.table - plan_.tables.data())];
  }
}

void WatermarkMoves::move(ApplySessions& sessions, ApplyObserver& observer) {
  std::exception_ptr failure;
  for (std::size_t i = 0; i < plan_.tables.size(); ++i) {
    if (!plan_.tables[i].watermark || missing_[i] > 0) continue;
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
    const state::WatermarkOutcome outcome = state::Watermarks(store_).compare_and_set(
        table.address, watermark.from, watermark.to, plan_.run.plan_id);
    if (const auto* differs = std::get_if<state::WatermarkDiffers>(&outcome)) {
      const auto stored =
          differs->stored ? std::optional(differs->stored->value) : std::optional<std::string>();
      if (stored != watermark.to)
        observer.note(table.address + ": the watermark stays at " + value_text(stored) +
                      ": the plan found " + value_text(watermark.from) + " and would set " +
                      value_text(watermark.to));
      return;
    }
    state::SyncPositions(store_).put({table.address, watermark.full ? plan_.run.created_at : "",
                                      plan_.servers.at(table.first).identity,
                                      plan_.servers.at(table.target).identity, position});
  });
}

bool compared_all_rows(const planner::PlanTable& table) {
  return !table.watermark || table.watermark->full;
}

}  // namespace rowplan::executor
