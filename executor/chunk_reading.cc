#include "executor/chunk_reading.h"

#include <algorithm>
#include <set>

#include "mysql/encoding.h"
#include "mysql/row_stream.h"
#include "planner/chunk_hash.h"
#include "planner/keys_compare.h"
#include "planner/plan_error.h"
#include "planner/statements.h"

namespace rowplan::executor {

namespace {

using planner::Change;
using planner::PlanValue;
using planner::Side;

mysql::Row key_from_values(const planner::TablePair& pair, const TableWork& table,
                           const std::vector<PlanValue>& values) {
  mysql::Row key;
  if (values.size() != pair.key_columns)
    throw planner::PlanError("plan.json", table.table->address + ": a bound of another length");
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto cell = mysql::cell_from_shown(
        pair.columns[i].type, {values[i].form == PlanValue::Form::text, values[i].data});
    if (!cell)
      throw planner::PlanError("plan.json", table.table->address +
                                                ": a bound that is no value of "
                                                "its key");
    key.add(*cell);
  }
  return key;
}

std::set<std::string> bytes_of(const std::vector<mysql::Row>& keys) {
  std::set<std::string> bytes;
  for (const mysql::Row& key : keys) bytes.emplace(key.bytes());
  return bytes;
}

void read_into(mysql::RowStream& stream, const planner::TablePair& pair,
               const std::set<std::string>* wanted, ChunkReading& reading) {
  mysql::RowHasher hasher(pair.types());
  mysql::Row row;
  while (stream.next(row)) {
    planner::add(reading.hash, hasher.hash(row));
    std::string key = key_bytes(pair, row);
    if (wanted == nullptr || wanted->count(key) > 0) reading.rows.insert_or_assign(key, row);
  }
}

void read_keys_into(mysql::Session& session, const planner::TablePair& pair, Side side,
                    const std::vector<mysql::Row>& keys, planner::Locking locking,
                    Filtered filtered, ChunkReading& reading) {
  for (std::size_t begin = 0; begin < keys.size(); begin += planner::kKeysAtOnce) {
    const auto from = keys.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto to = keys.begin() + static_cast<std::ptrdiff_t>(
                                       std::min(keys.size(), begin + planner::kKeysAtOnce));
    mysql::RowStream stream(
        session, planner::select_keys(pair, side, {from, to}, filtered == Filtered::yes, locking),
        planner::read_columns(pair, side), "reading " + pair.job.address);
    read_into(stream, pair, nullptr, reading);
  }
}

}  // namespace

std::string key_bytes(const planner::TablePair& pair, const mysql::Row& row) {
  return std::string(planner::key_of(pair, row).bytes());
}

ChangeKeys keys_of(const planner::TablePair& pair, const std::vector<Change>& changes) {
  ChangeKeys keys;
  for (const Change& change : changes) {
    const auto before = planner::key_row(pair, change);
    const auto after = planner::after_key_row(pair, change);
    keys.source.push_back(change.op == planner::Op::update ? *after : *before);
    keys.target.push_back(*before);
    if (change.op == planner::Op::update && !(*after == *before)) keys.target.push_back(*after);
  }
  return keys;
}

ChunkReading read_chunk(mysql::Session& session, const TableWork& table,
                        const planner::PlanChunk& chunk, const std::vector<Change>& changes,
                        Side side, planner::Locking locking) {
  const planner::TablePair& pair = *table.pair;
  const ChangeKeys keys = keys_of(pair, changes);
  const std::vector<mysql::Row>& own = side == Side::source ? keys.source : keys.target;
  ChunkReading reading;
  if (chunk.kind == planner::ChunkKind::keys) {
    read_keys_into(session, pair, side, own, locking, Filtered::yes, reading);
    return reading;
  }
  planner::KeyRange range;
  if (chunk.low) range.low = key_from_values(pair, table, *chunk.low);
  if (chunk.high) range.high = key_from_values(pair, table, *chunk.high);
  mysql::RowStream stream(session, planner::select_range(pair, side, range, locking),
                          planner::read_columns(pair, side), "reading " + pair.job.address);
  const std::set<std::string> wanted = bytes_of(own);
  read_into(stream, pair, &wanted, reading);
  return reading;
}

RowsByKey read_rows(mysql::Session& session, const planner::TablePair& pair, Side side,
                    const std::vector<mysql::Row>& keys, planner::Locking locking,
                    Filtered filtered) {
  ChunkReading reading;
  read_keys_into(session, pair, side, keys, locking, filtered, reading);
  return std::move(reading.rows);
}

}  // namespace rowplan::executor
