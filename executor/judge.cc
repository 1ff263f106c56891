#include "executor/judge.h"

#include <algorithm>

#include "executor/row_identity.h"
#include "mysql/mutant.h"
#include "planner/change_builder.h"
#include "planner/sha256.h"
#include "planner/statements.h"

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

Locking target_locking() {
  return mysql::planted(mysql::Mutant::judge_without_locks) ? Locking::none : Locking::for_update;
}

/// What is known of one member, over all chunks or rows of the unit.
struct Tally {
  bool all_before = true;
  bool all_after = true;
  std::string address;
  std::string detail;

  /// `what()` says it, where it is to be told.
  template <typename What>
  void add(bool before, bool after, const std::string& where, const What& what) {
    // The first thing that is neither, or that breaks with what was seen so far, is told.
    const bool fits = (before && all_before) || (after && all_after);
    all_before = all_before && before;
    all_after = all_after && after;
    if (!fits && detail.empty()) {
      address = where;
      detail = what();
    }
  }
};

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

/// A unit is done or stale as a whole. What the target holds already needs no source.
void conclude(Judgement& judgement, const Tally& on_source, const Tally& on_target) {
  if (on_target.all_after) {
    judgement.verdict = Verdict::already_done;
  } else if (on_target.all_before && on_source.all_before) {
    judgement.verdict = Verdict::as_planned;
  } else {
    const Tally& stale = on_target.detail.empty() ? on_source : on_target;
    judgement.target_as_planned = on_target.all_before;
    judgement.address = stale.address;
    judgement.detail = stale.detail;
  }
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

void judge_source_row(const TableWork& table, const Change& change, const RowsByKey& rows,
                      Tally& tally) {
  const planner::TablePair& pair = *table.pair;
  const mysql::Row* row = find(rows, identity_after(pair, change));
  const bool as_planned =
      change.op == Op::remove ? row == nullptr : row != nullptr && holds(pair, *row, change.after);
  tally.add(as_planned, as_planned, table.table->address,
            [&] { return not_planned(change, pair.job.source); });
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
    for (const Change& change : table.changes) judge_source_row(table, change, rows, tally);
    return;
  }
  TableReading reading = read_chunks(source, table, Side::source, locking, Keep::rows, hashes);
  judge_chunks(table, Side::source, reading, tally);
  rows = std::move(reading.rows);
}

}  // namespace

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

Judgement judge(const UnitWork& unit, mysql::Session& source, mysql::Session& target,
                Verify verify) {
  Judgement judgement;
  judgement.rows.resize(unit.tables.size());
  Tally on_target;
  Tally on_source;
  for (std::size_t t = 0; t < unit.tables.size(); ++t)
    judge_target(unit.tables[t], target, verify, target_locking(), judgement.rows[t].target,
                 judgement.hashes, on_target);
  source.begin_consistent_snapshot();
  for (std::size_t t = 0; t < unit.tables.size(); ++t)
    judge_source(unit.tables[t], source, verify, Locking::none, judgement.rows[t].source,
                 judgement.hashes, on_source);
  source.rollback();
  conclude(judgement, on_source, on_target);
  return judgement;
}

Judgement judge_linked(const UnitWork& unit, mysql::Session& source, mysql::Session& replica,
                       Verify verify, const std::function<void()>& catch_up) {
  Judgement judgement;
  judgement.rows.resize(unit.tables.size());
  Tally on_target;
  Tally on_source;
  for (std::size_t t = 0; t < unit.tables.size(); ++t)
    judge_source(unit.tables[t], source, verify, Locking::for_update, judgement.rows[t].source,
                 judgement.hashes, on_source);
  catch_up();
  replica.begin_consistent_snapshot();
  for (std::size_t t = 0; t < unit.tables.size(); ++t)
    judge_target(unit.tables[t], replica, verify, Locking::none, judgement.rows[t].target,
                 judgement.hashes, on_target);
  replica.rollback();
  conclude(judgement, on_source, on_target);
  return judgement;
}

std::optional<UnitProblem> check_source_kept(const UnitWork& unit, mysql::Session& source,
                                             Verify verify, RowHashes& hashes) {
  Tally tally;
  for (const TableWork& table : unit.tables) {
    RowsByKey rows;
    judge_source(table, source, verify, Locking::for_update, rows, hashes, tally);
  }
  if (tally.all_before) return std::nullopt;
  return UnitProblem{unit.id, UnitOutcome::failed, tally.address,
                     "a write changed rows of the source: " + tally.detail};
}

std::optional<UnitProblem> check_replica(const UnitWork& unit, mysql::Session& replica,
                                         Verify verify, RowHashes& hashes) {
  Tally tally;
  replica.begin_consistent_snapshot();
  for (const TableWork& table : unit.tables) {
    RowsByKey rows;
    judge_target(table, replica, verify, Locking::none, rows, hashes, tally);
  }
  replica.rollback();
  if (tally.all_after) return std::nullopt;
  return UnitProblem{unit.id, UnitOutcome::failed, tally.address, tally.detail};
}

std::optional<UnitProblem> check_written(const UnitWork& unit, mysql::Session& target,
                                         Verify verify, RowHashes& hashes) {
  if (mysql::planted(mysql::Mutant::not_checked_after_writing)) return std::nullopt;
  for (const TableWork& table : unit.tables) {
    if (!by_chunks(table, verify)) {
      const RowsByKey rows =
          read_rows(target, *table.pair, Side::target,
                    keys_of(*table.pair, changes_of(table)).target, Locking::for_update);
      Tally tally;
      for (const Change& change : table.changes) judge_target_row(table, change, rows, {}, tally);
      if (!tally.all_after)
        return UnitProblem{unit.id, UnitOutcome::failed, table.table->address, tally.detail};
      continue;
    }
    const std::string& server = table.pair->job.target;
    const TableReading reading =
        read_chunks(target, table, Side::target, Locking::for_update, Keep::hashes, hashes);
    for (std::size_t i = 0; i < table.chunks.size(); ++i) {
      const PlanChunk& chunk = *table.chunks[i];
      const ChunkHash& after = chunk.after.at(server);
      if (reading.hashes[i] == after) continue;
      return UnitProblem{unit.id, UnitOutcome::failed, table.table->address,
                         chunk_text(chunk) + " on '" + server +
                             "' does not hold what was written: planned " + to_string(after) +
                             ", found " + to_string(reading.hashes[i]) +
                             "; the target rewrites values (a trigger, a type, an invalid value)"};
    }
  }
  return std::nullopt;
}

}  // namespace rowplan::executor
