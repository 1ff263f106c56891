#include "executor/unit_work.h"

#include <algorithm>
#include <set>

namespace rowplan::executor {

void add(TableOps& total, const TableOps& more) {
  for (const auto& [address, ops] : more) {
    planner::Ops& sum = total[address];
    sum.insert += ops.insert;
    sum.update += ops.update;
    sum.remove += ops.remove;
  }
}

std::uint64_t UnitWork::changes() const {
  std::uint64_t total = 0;
  for (const TableWork& table : tables)
    for (const planner::Change& change : table.changes) total += change.rows();
  return total;
}

std::vector<state::UnitRows> UnitWork::units() const {
  return parts.empty() ? std::vector<state::UnitRows>{{id, changes()}} : parts;
}

TableOps UnitWork::ops() const {
  TableOps all;
  for (const TableWork& table : tables) {
    if (table.changes.empty()) continue;
    planner::Ops& ops = all[table.table->address];
    for (const planner::Change& change : table.changes) {
      if (change.op == planner::Op::insert) ops.insert += change.rows();
      if (change.op == planner::Op::update) ++ops.update;
      if (change.op == planner::Op::remove) ops.remove += change.rows();
    }
  }
  return all;
}

std::vector<std::string> UnitWork::servers() const {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const TableWork& table : tables) {
    if (table.pair->views)
      for (const planner::TablePair& view : *table.pair->views) add(view.job.target);
    else
      add(table.pair->job.written());
  }
  return names;
}

bool removes_rows(const TableWork& table) {
  return std::any_of(table.changes.begin(), table.changes.end(), [](const planner::Change& change) {
    return change.op == planner::Op::remove;
  });
}

std::vector<std::string> pairs_of_units(const std::vector<UnitWork>& units) {
  std::set<std::string> pairs;
  for (const UnitWork& unit : units)
    for (const TableWork& table : unit.tables) pairs.insert(table.pair->job.pair);
  return {pairs.begin(), pairs.end()};
}

UnitIndex::UnitIndex(const planner::LoadedPlan& plan, const std::vector<planner::TablePair>& pairs)
    : plan_(plan), pairs_(pairs) {
  for (const planner::PlanUnit& unit : plan.plan.units) units_[unit.id] = &unit;
  for (std::size_t t = 0; t < plan.plan.tables.size(); ++t)
    for (std::size_t c = 0; c < plan.plan.tables[t].chunks.size(); ++c)
      places_[plan.plan.tables[t].chunks[c].unit].push_back({t, c});
}

UnitWork UnitIndex::load(std::uint64_t unit) {
  UnitWork work;
  work.id = unit;
  work.steps = units_.at(unit)->steps;
  work.step_rows = units_.at(unit)->step_rows;
  for (const Place& place : places_[unit]) {
    const planner::PlanTable& table = plan_.plan.tables[place.table];
    if (work.tables.empty() || work.tables.back().table != &table)
      work.tables.push_back({&table, &pairs_[place.table], {}, {}, {}, {}, false});
    TableWork& part = work.tables.back();
    const planner::PlanChunk& chunk = table.chunks[place.chunk];
    part.chunks.push_back(&chunk);
    auto reader = readers_.find(place.table);
    if (reader == readers_.end())
      reader = readers_.emplace(place.table, planner::ChangeReader(plan_, table)).first;
    for (planner::Change& change : reader->second.chunk(chunk.id))
      part.changes.push_back(std::move(change));
  }
  add_touched(work);
  return work;
}

/// Tables that the unit's triggers may write are its own, with planned changes or without.
void UnitIndex::add_touched(UnitWork& work) const {
  std::set<std::pair<std::string, mysql::TableName>> touched;
  for (const TableWork& table : work.tables)
    for (const mysql::TableName& name : table.pair->touches)
      touched.insert({table.pair->job.target, name});
  for (std::size_t t = 0; t < pairs_.size() && !touched.empty(); ++t) {
    if (touched.count({pairs_[t].job.target, pairs_[t].target.name}) == 0) continue;
    const auto part = std::find_if(work.tables.begin(), work.tables.end(),
                                   [&](const TableWork& own) { return own.pair == &pairs_[t]; });
    if (part != work.tables.end())
      part->touched = true;
    else
      work.tables.push_back({&plan_.plan.tables[t], &pairs_[t], {}, {}, {}, {}, true});
  }
}

}  // namespace rowplan::executor
