#include "executor/table_judge.h"

#include <algorithm>
#include <set>

#include "executor/row_identity.h"
#include "mysql/mutant.h"
#include "planner/change_builder.h"

namespace rowplan::executor {

namespace {

using planner::Change;
using planner::ChunkHash;
using planner::Locking;
using planner::NamedValues;
using planner::Op;
using planner::PlanChunk;
using planner::PlanValue;
using planner::Side;

std::string bound_text(const std::optional<std::vector<PlanValue>>& bound) {
  if (!bound) return "open";
  std::string text;
  for (const PlanValue& value : *bound)
    text += (text.empty() ? "" : ", ") +
            (value.form == PlanValue::Form::text ? value.data : std::string("(bytes)"));
  return "(" + text + ")";
}

std::string chunk_text(const PlanChunk& chunk) {
  std::string text = "chunk " + std::to_string(chunk.id);
  if (chunk.kind == planner::ChunkKind::range)
    text += " (keys from " + bound_text(chunk.low) + " to " + bound_text(chunk.high) + ")";
  return text;
}

std::string found_text(const std::string& server, const PlanChunk& chunk, const ChunkHash& found,
                       const ChunkHash& planned) {
  return chunk_text(chunk) + " on '" + server + "' is not what was planned: planned " +
         to_string(planned) + ", found " + to_string(found);
}

const mysql::Row* find(const RowsByKey& rows, const std::string& identity) {
  const auto found = rows.find(identity);
  return found == rows.end() ? nullptr : &found->second;
}

std::string not_planned(const Change& change, const std::string& server) {
  return "row " + bound_text(change.key) + " on '" + server + "' is not what was planned";
}

/// One planned row on the target: as before, as after, or neither. `outside`: rows that the filter
/// leaves out, where the plan brings some in.
void judge_target_row(const TableWork& table, const Change& change, const RowsByKey& rows,
                      const RowsByKey& outside, Tally& tally) {
  const planner::TablePair& pair = *table.pair;
  const mysql::Row* row = find(rows, identity_before(pair, change));
  if (row == nullptr) row = find(outside, identity_before(pair, change));
  const mysql::Row* moved = find(rows, identity_after(pair, change));
  bool before = false;
  bool after = false;
  switch (change.op) {
    case Op::insert:
      before = row == nullptr;
      after = row != nullptr && holds(pair, *row, change.after);
      break;
    case Op::remove:
      before = row != nullptr && holds(pair, *row, change.before);
      after = row == nullptr;
      break;
    case Op::update:
      before = row != nullptr && holds(pair, *row, change.before);
      after = moved != nullptr && holds(pair, *moved, change.after);
      break;
    case Op::conflict:
      break;
  }
  tally.add(before, after, table.table->address,
            [&] { return not_planned(change, pair.job.target); });
}

/// A row that another member gets, on one that has it already.
void judge_source_row(const TableWork& table, const Change& change, const std::string& server,
                      const RowsByKey& rows, Tally& tally) {
  const planner::TablePair& pair = *table.pair;
  const mysql::Row* row = find(rows, identity_after(pair, change));
  const bool as_planned =
      change.op == Op::remove ? row == nullptr : row != nullptr && holds(pair, *row, change.after);
  tally.add(as_planned, as_planned, table.table->address,
            [&] { return not_planned(change, server); });
}

/// Rows that cannot be told apart are judged together.
bool by_chunks(const TableWork& table, Verify verify) {
  return verify == Verify::chunks || table.pair->is_keyless();
}

/// Changes that bring a row in from outside the filter, where no chunk's hash covers it.
std::vector<const Change*> moved_in(const TableWork& table) {
  std::vector<const Change*> moved;
  for (const Change& change : table.changes)
    if (change.reason == "filter_moved") moved.push_back(&change);
  return moved;
}

/// The source stays as it is.
void judge_chunks(const TableWork& table, Side side, const TableReading& reading, Tally& tally) {
  const std::string& server = table.pair->server(side);
  for (std::size_t i = 0; i < table.chunks.size(); ++i) {
    const PlanChunk& chunk = *table.chunks[i];
    const ChunkHash& found = reading.hashes[i];
    const ChunkHash& before = chunk.before.at(server);
    const ChunkHash& after = side == Side::target ? chunk.after.at(server) : before;
    tally.add(found == before, found == after, table.table->address,
              [&] { return found_text(server, chunk, found, before); });
  }
}

std::optional<std::string> rows_not_as_written(const TableWork& table, mysql::Session& target) {
  const RowsByKey rows =
      read_rows(target, *table.pair, Side::target, keys_of(*table.pair, changes_of(table)).target,
                Locking::for_update);
  Tally tally;
  for (const Change& change : table.changes) judge_target_row(table, change, rows, {}, tally);
  if (tally.all_after) return std::nullopt;
  return tally.detail;
}

}  // namespace

Locking locked() {
  return mysql::planted(mysql::Mutant::judge_without_locks) ? Locking::none : Locking::for_update;
}

void judge_target(const TableWork& table, mysql::Session& target, Verify verify, Locking locking,
                  RowsByKey& rows, RowHashes& hashes, Tally& tally) {
  const planner::TablePair& pair = *table.pair;
  const std::vector<const Change*> moved = moved_in(table);
  RowsByKey outside =
      read_rows(target, pair, Side::target, keys_of(pair, moved).target, locking, Filtered::no);
  if (!by_chunks(table, verify)) {
    rows = read_rows(target, pair, Side::target, keys_of(pair, changes_of(table)).target, locking);
    for (const Change& change : table.changes)
      judge_target_row(table, change, rows, outside, tally);
    rows.merge(outside);
    return;
  }
  TableReading reading = read_chunks(target, table, Side::target, locking, Keep::rows, hashes);
  judge_chunks(table, Side::target, reading, tally);
  rows = std::move(reading.rows);
  for (const Change* change : moved) judge_target_row(table, *change, rows, outside, tally);
  rows.merge(outside);
}

void judge_source(const TableWork& table, mysql::Session& source, Verify verify, Locking locking,
                  RowsByKey& rows, RowHashes& hashes, Tally& tally) {
  const planner::TablePair& pair = *table.pair;
  if (!by_chunks(table, verify)) {
    rows = read_rows(source, pair, Side::source, keys_of(pair, changes_of(table)).source, locking);
    for (const Change& change : table.changes)
      judge_source_row(table, change, pair.job.source, rows, tally);
    return;
  }
  TableReading reading = read_chunks(source, table, Side::source, locking, Keep::rows, hashes);
  judge_chunks(table, Side::source, reading, tally);
  rows = std::move(reading.rows);
}

void judge_member(const TableWork& table, mysql::Session& member, Verify verify, Locking locking,
                  RowsByKey& rows, RowHashes& hashes, Tally& tally) {
  const planner::TablePair& pair = *table.pair;
  if (by_chunks(table, verify))
    return judge_target(table, member, verify, locking, rows, hashes, tally);
  std::vector<const Change*> named = changes_of(table);
  for (const Change& other : table.others) named.push_back(&other);
  rows = read_rows(member, pair, Side::target, keys_of(pair, named).target, locking);
  std::set<std::string> own;
  for (const Change& change : table.changes) {
    judge_target_row(table, change, rows, {}, tally);
    own.insert(identity_after(pair, change));
  }
  for (const Change& other : table.others)
    if (other.op != Op::conflict && own.count(identity_after(pair, other)) == 0)
      judge_source_row(table, other, pair.job.target, rows, tally);
}

std::optional<std::string> not_as_written(const TableWork& table, mysql::Session& target,
                                          Verify verify, RowHashes& hashes) {
  if (!by_chunks(table, verify)) return rows_not_as_written(table, target);
  const std::string& server = table.pair->job.target;
  const TableReading reading =
      read_chunks(target, table, Side::target, Locking::for_update, Keep::hashes, hashes);
  for (std::size_t i = 0; i < table.chunks.size(); ++i) {
    const PlanChunk& chunk = *table.chunks[i];
    const ChunkHash& after = chunk.after.at(server);
    if (reading.hashes[i] == after) continue;
    return chunk_text(chunk) + " on '" + server + "' does not hold what was written: planned " +
           to_string(after) + ", found " + to_string(reading.hashes[i]) +
           "; the target rewrites values (a trigger, a type, an invalid value)";
  }
  return std::nullopt;
}

bool holds(const planner::TablePair& pair, const mysql::Row& row, const NamedValues& values) {
  for (const auto& [name, value] : values) {
    const auto column = std::find_if(
        pair.columns.begin(), pair.columns.end(),
        [&, &wanted = name](const planner::PairColumn& c) { return c.name == wanted; });
    if (column == pair.columns.end()) return false;
    const auto i = static_cast<std::size_t>(column - pair.columns.begin());
    const std::uint64_t large = value.form == PlanValue::Form::ref ? 0 : UINT64_MAX;
    if (!(planner::plan_value(column->type, row, i, large) == value)) return false;
  }
  return true;
}

}  // namespace rowplan::executor
