#include "executor/baseline_keeper.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <string_view>
#include <utility>

#include "executor/planned_baseline.h"
#include "executor/row_identity.h"
#include "executor/watermark_moves.h"
#include "mysql/write_position.h"
#include "planner/baseline_rows.h"
#include "planner/refusal.h"
#include "planner/two_way_table.h"
#include "state/baseline_build.h"
#include "state/baseline_intents.h"
#include "state/behind_lists.h"
#include "state/clock.h"
#include "state/sync_positions.h"

namespace rowplan::executor {

namespace {

using planner::PlanTable;
using state::BaselineChange;
using state::BaselineIntents;

constexpr std::size_t kMovesAtOnce = 100'000;  // a few megabytes

/// Rows that the plan leaves different: what was intended of them is still of use.
std::set<std::string, std::less<>> rows_left_open(const planner::LoadedPlan& plan,
                                                  const PlanTable& table,
                                                  const planner::TablePair& pair) {
  std::set<std::string, std::less<>> keys;
  if (table.ops.conflict == 0) return keys;
  planner::ChangeReader reader(plan, table);
  while (const auto change = reader.next())
    if (change->conflict && change->conflict->resolution &&
        change->conflict->resolution->take == "skip")
      keys.insert(identity_before(pair, *change));
  return keys;
}

}  // namespace

BaselineKeeper::BaselineKeeper(const planner::LoadedPlan& plan,
                               const std::vector<planner::TablePair>& pairs, state::Store& store)
    : plan_(plan), pairs_(pairs), store_(store), ref_{plan.plan.run.plan_id, plan.digest} {
  for (std::size_t t = 0; t < plan.plan.tables.size(); ++t) {
    const PlanTable& table = plan.plan.tables[t];
    if (!table.two_way()) continue;
    Kept& kept = kept_[t];
    kept.table = t;
    kept.shape = planner::merge_shape_of(pairs[t]);
    kept.members = {kept.shape.members, pairs[t].job.missing()};
    kept.tombstone_days = pairs[t].job.tombstone_days;
    kept.info = planned_baseline(plan.plan, table, pairs[t], store);
    if (!table.baseline->path.empty())
      kept.moves = std::make_unique<planner::BaselineMovesReader>(plan, table);
  }
}

const PlanTable& BaselineKeeper::table_of(const Kept& kept) const {
  return plan_.plan.tables[kept.table];
}

BaselineKeeper::Kept* BaselineKeeper::kept_of(const TableWork& work) {
  const auto found = kept_.find(static_cast<std::size_t>(work.table - plan_.plan.tables.data()));
  return found == kept_.end() ? nullptr : &found->second;
}

planner::ChunkMoves BaselineKeeper::moves_of(Kept& kept, const planner::PlanChunk& chunk) {
  return kept.moves ? kept.moves->chunk(chunk.id) : planner::ChunkMoves();
}

void BaselineKeeper::intend(const UnitWork& unit) {
  for (const TableWork& work : unit.tables) {
    Kept* kept = kept_of(work);
    if (kept == nullptr) continue;
    std::map<std::uint64_t, state::UnitIntents> intents;  // by unit
    for (const planner::PlanChunk* chunk : work.chunks)
      for (state::BaselineIntent& intent : moves_of(*kept, *chunk).intents)
        intents[chunk->unit].intents.push_back(std::move(intent));
    for (auto& [id, of_unit] : intents) {
      of_unit.members = kept->shape.members;
      BaselineIntents(store_).put(work.table->address, ref_, id, of_unit);
    }
  }
}

void BaselineKeeper::withdraw(std::uint64_t unit) {
  for (const auto& [t, kept] : kept_)
    BaselineIntents(store_).settle(table_of(kept).address, ref_, unit);
}

void BaselineKeeper::unit_in(const UnitWork& unit) {
  for (const TableWork& work : unit.tables) {
    Kept* kept = kept_of(work);
    // A baseline that does not exist yet is made of all units at once.
    if (kept == nullptr || work.table->baseline->from.empty()) continue;
    std::vector<BaselineChange> changes;
    for (const planner::PlanChunk* chunk : work.chunks)
      for (BaselineChange& change : moves_of(*kept, *chunk).moves)
        changes.push_back(std::move(change));
    move(*kept, changes);
  }
}

void BaselineKeeper::refuse_moved(const Kept& kept) const {
  throw planner::Refusal(planner::RefusalReason::stale,
                         "the baseline of " + table_of(kept).address +
                             " was moved by another run while the plan was applied",
                         "plan again");
}

/// What was intended of these rows, by whichever run, must not count again if one of them ever
/// comes back to what it was.
void BaselineKeeper::move(Kept& kept, const std::vector<BaselineChange>& changes) {
  if (changes.empty()) return;
  const PlanTable& table = table_of(kept);
  store_.atomically(
      [&] {
        const auto moved = state::Baselines(store_).move(kept.info.value(), changes,
                                                         planner::reading_order(kept.shape),
                                                         ref_.plan_id, kept.members);
        if (!moved) refuse_moved(kept);
        kept.info = moved;
        std::set<std::string_view> keys;
        for (const BaselineChange& change : changes) keys.insert(change.key);
        BaselineIntents(store_).settle_rows(
            table.address, [&](std::string_view key) { return keys.count(key) > 0; });
      },
      state::Store::Sync::later);
}

void BaselineKeeper::finish(const MissingUnits& missing, ApplySessions& sessions,
                            ApplyObserver& observer) {
  for (auto& [t, kept] : kept_)
    if (!table_of(kept).baseline->from.empty()) move_rest(kept);
  const Positions positions = positions_of(missing, sessions);
  for (auto& [t, of_table] : kept_) {
    Kept& kept = of_table;  // lambdas capture no structured bindings
    if (missing.none_of(t)) {
      // No baseline without its members: who takes another server for one would see deletes.
      if (!kept.info) {
        keep_positions(kept, positions);
        make(kept);
      }
      settle_intents(kept);
      store_.atomically([&] {
        keep_members(kept);
        keep_positions(kept, positions);
        move_watermarks(kept, observer);
      });
    } else if (!kept.info) {
      observer.note(table_of(kept).address +
                    ": not all units are in, so there is no baseline yet: the next sync is a "
                    "union again");
    } else {
      state::BehindLists(store_).missed(*kept.info, kept.members.missing);
    }
  }
}

/// What waited for no unit: rows that all members had already.
void BaselineKeeper::move_rest(Kept& kept) {
  if (!kept.moves) return;
  std::vector<BaselineChange> changes;
  kept.moves->visit([&](std::uint64_t chunk, const BaselineChange& change) {
    if (chunk != 0) return;
    changes.push_back(change);
    if (changes.size() < kMovesAtOnce) return;
    move(kept, changes);
    changes.clear();
  });
  move(kept, changes);
}

/// What was read, merged and written is what all have. Of who was missing nothing is known.
void BaselineKeeper::make(Kept& kept) {
  const PlanTable& table = table_of(kept);
  state::BaselineBuild build(store_, table.address, planner::baseline_fits(pairs_[kept.table]),
                             planner::baseline_value_bytes(kept.shape));
  if (kept.moves)
    kept.moves->visit([&](std::uint64_t, const BaselineChange& change) {
      if (change.value) build.append(change.key, *change.value);
    });
  store_.atomically([&] {
    kept.info = build.finish(ref_.plan_id);
    for (const std::string& member : kept.members.missing)
      kept.info = state::BehindLists(store_).forget(*kept.info, member);
  });
}

/// This plan has dealt with what earlier runs left, but for rows that it left as they were.
void BaselineKeeper::settle_intents(Kept& kept) {
  const PlanTable& table = table_of(kept);
  BaselineIntents intents(store_);
  if (intents.all(table.address).empty()) return;
  const auto open = rows_left_open(plan_, table, pairs_[kept.table]);
  intents.settle_rows(table.address, [&](std::string_view key) { return open.count(key) == 0; });
}

/// All units are in: who took part has caught up, and who did not is behind.
void BaselineKeeper::keep_members(Kept& kept) {
  state::BehindLists lists(store_);
  const state::KeyOrder order = planner::reading_order(kept.shape);
  const auto open = rows_left_open(plan_, table_of(kept), pairs_[kept.table]);
  std::vector<std::string> left(open.begin(), open.end());
  std::sort(left.begin(), left.end(),
            [&](const std::string& a, const std::string& b) { return order(a, b) < 0; });
  const auto keeps = std::chrono::days(kept.tombstone_days);
  const std::string oldest = state::rfc3339_utc(std::chrono::system_clock::now() - keeps);
  lists.missed(*kept.info, kept.members.missing);
  auto info = lists.caught_up(*kept.info, kept.members.present, left, order);
  if (info) info = lists.expire(*info, kept.members.missing, oldest);
  if (!info) refuse_moved(kept);
  kept.info = info;
}

/// How far the members of tables whose units are all in have been written.
BaselineKeeper::Positions BaselineKeeper::positions_of(const MissingUnits& missing,
                                                       ApplySessions& sessions) const {
  Positions positions;
  for (const auto& [t, kept] : kept_) {
    if (!missing.none_of(t)) continue;
    for (const std::string& server : kept.shape.members)
      if (positions.count(server) == 0)
        positions[server] = mysql::write_position(sessions.reader(server));
  }
  return positions;
}

/// How far the members have been written.
void BaselineKeeper::keep_positions(const Kept& kept, const Positions& positions) {
  const PlanTable& table = table_of(kept);
  const bool all_rows = compared_all_rows(table);
  for (const std::string& server : kept.shape.members)
    state::SyncPositions(store_).put(
        {planner::member_address(table.address, server), all_rows ? plan_.plan.run.created_at : "",
         "", plan_.plan.servers.at(server).identity, positions.at(server)});
}

/// Where the next windows begin: of all members, or none.
void BaselineKeeper::move_watermarks(const Kept& kept, ApplyObserver& observer) {
  const PlanTable& table = table_of(kept);
  if (!table.on.begin()->second.watermark) return;
  if (!rows_left_open(plan_, table, pairs_[kept.table]).empty()) {
    observer.note(table.address +
                  ": conflicts were skipped, and no window would show them again: "
                  "the watermarks stay");
    return;
  }
  for (const auto& [server, member] : table.on)
    (void)move_watermark(store_, planner::member_address(table.address, server),
                         member.watermark.value(), ref_.plan_id, observer);
}

}  // namespace rowplan::executor
