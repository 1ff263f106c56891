#include "executor/unit_batch.h"

#include <algorithm>
#include <cassert>
#include <map>

#include "executor/trigger_repair.h"

namespace rowplan::executor {

namespace {

constexpr std::size_t kUnitsMax = 256;
constexpr std::uint64_t kChangesMax = 5000;  // rows written, and written again where it fails
constexpr std::chrono::milliseconds kTimeMax{500};
constexpr std::uint64_t kBytesMax = std::uint64_t{4} << 20U;

/// What some units come to.
struct Load {
  std::size_t units = 0;
  std::uint64_t changes = 0;
  std::uint64_t bytes = 0;

  void add(const UnitWork& unit) {
    ++units;
    changes += unit.changes();
    bytes += size_of(unit);
  }
  [[nodiscard]] bool is_full(std::size_t most) const {
    return units >= most || changes >= kChangesMax || bytes >= kBytesMax;
  }
};

bool removes(const UnitWork& unit) {
  return std::any_of(unit.tables.begin(), unit.tables.end(), removes_rows);
}

}  // namespace

bool may_share(const UnitWork& unit) { return unit.steps == 1 && !fires_triggers(unit); }

bool may_share(const UnitWork& one, const UnitWork& other) {
  if (!may_share(one) || !may_share(other)) return false;
  const planner::TableJob& job = one.tables.front().pair->job;
  const planner::TableJob& other_job = other.tables.front().pair->job;
  if (job.target != other_job.target || one.servers() != other.servers()) return false;
  // Of a replica, what is deleted goes before all else, by itself.
  return !job.via_source() || removes(one) == removes(other);
}

std::uint64_t size_of(const UnitWork& unit) {
  std::uint64_t bytes = 0;
  for (const TableWork& table : unit.tables)
    for (const planner::Change& change : table.changes)
      for (const auto* values : {&change.before, &change.after})
        for (const auto& [name, value] : *values)
          bytes += std::max<std::uint64_t>(value.data.size(), value.bytes);
  return bytes;
}

std::vector<UnitWork> BatchLoader::next() {
  std::vector<UnitWork> batch;
  Load load;
  while (batch.size() < most_) {
    UnitWork* unit = front();
    if (unit == nullptr) break;
    load.add(*unit);
    const TableWork& table = unit->tables.front();
    const bool fits = batch.empty() || (may_share(*unit, batch.front()) &&
                                        load.changes <= kChangesMax && load.bytes <= kBytesMax &&
                                        load.changes <= table.pair->job.options.max_unit_rows);
    if (!fits) break;
    batch.push_back(std::move(*unit));
    loaded_.pop_front();
  }
  most_ = std::min(2 * most_, kUnitsMax);
  load_ahead();
  return batch;
}

/// The next unit, or null after the last.
UnitWork* BatchLoader::front() {
  if (loaded_.empty()) {
    load_ahead();
    if (coming_.valid()) loaded_ = coming_.get();
  }
  return loaded_.empty() ? nullptr : &loaded_.front();
}

/// With what is loaded, a batch: more would only take memory.
void BatchLoader::load_ahead() {
  if (coming_.valid() || next_ == units_.size()) return;
  Load load;
  for (const UnitWork& unit : loaded_) load.add(unit);
  if (load.is_full(most_)) return;
  coming_ = std::async(std::launch::async, [this, load, most = most_]() mutable {
    std::deque<UnitWork> units;
    do {
      units.push_back(index_.load(units_[next_++].id));
      load.add(units.back());
    } while (next_ < units_.size() && !load.is_full(most));
    return units;
  });
}

void BatchLoader::took(std::chrono::milliseconds time) {
  // next() has doubled it.
  if (time > kTimeMax) most_ = std::max<std::size_t>(1, most_ / 4);
}

UnitWork merged(const std::vector<UnitWork>& units) {
  assert(!units.empty());
  if (units.size() == 1) return units.front();
  UnitWork all;
  all.id = units.front().id;
  std::map<std::string, TableWork> tables;
  for (const UnitWork& unit : units) {
    all.parts.push_back({unit.id, unit.changes()});
    for (const TableWork& table : unit.tables) {
      TableWork& into = tables[table.table->address];
      into.table = table.table;
      into.pair = table.pair;
      into.chunks.insert(into.chunks.end(), table.chunks.begin(), table.chunks.end());
      into.changes.insert(into.changes.end(), table.changes.begin(), table.changes.end());
    }
  }
  for (auto& [address, table] : tables) {
    std::sort(table.chunks.begin(), table.chunks.end(),
              [](const auto* a, const auto* b) { return a->id < b->id; });
    std::stable_sort(table.changes.begin(), table.changes.end(),
                     [](const auto& a, const auto& b) { return a.chunk < b.chunk; });
    all.tables.push_back(std::move(table));
  }
  return all;
}

std::vector<UndoUnit> by_unit(UndoUnit kept, const UnitWork& unit) {
  std::vector<UndoUnit> units;
  if (unit.parts.empty()) {
    units.push_back(std::move(kept));
    return units;
  }
  std::map<std::uint64_t, std::size_t> place;
  for (const state::UnitRows& part : unit.parts) {
    place[part.unit] = units.size();
    units.push_back({part.unit, 0, {}});
  }
  for (std::size_t t = 0; t < kept.tables.size(); ++t) {
    std::map<std::uint64_t, std::uint64_t> unit_of;
    for (const planner::PlanChunk* chunk : unit.tables[t].chunks) unit_of[chunk->id] = chunk->unit;
    UndoTablePart& part = kept.tables[t];
    for (std::size_t i = 0; i < part.rows.size(); ++i) {
      UndoUnit& own = units[place.at(unit_of.at(unit.tables[t].changes[i].chunk))];
      if (own.tables.empty() || own.tables.back().table.address != part.table.address)
        own.tables.push_back({part.table, {}});
      own.tables.back().rows.push_back(std::move(part.rows[i]));
    }
  }
  return units;
}

}  // namespace rowplan::executor
