#include "executor/chunk_reading.h"

#include <algorithm>
#include <set>

#include "executor/row_identity.h"
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

/// Of the rows that the changes name and need.
std::set<std::string> identities_of(const planner::TablePair& pair,
                                    const std::vector<Change>& changes, Side side) {
  std::set<std::string> identities;
  for (const Change& change : changes) {
    if (!needs_rows(pair, change)) continue;
    identities.insert(identity_after(pair, change));
    if (side == Side::target) identities.insert(identity_before(pair, change));
  }
  return identities;
}

void read_into(mysql::RowStream& stream, const planner::TablePair& pair,
               const std::set<std::string>* wanted, ChunkReading& reading) {
  mysql::RowHasher hasher(pair.types());
  mysql::Row row;
  while (stream.next(row)) {
    planner::add(reading.hash, hasher.hash(row));
    if (wanted != nullptr && wanted->empty()) continue;
    std::string identity = identity_of(pair, row);
    if (wanted == nullptr || wanted->count(identity) > 0)
      reading.rows.insert_or_assign(std::move(identity), row);
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

ChangeKeys keys_of(const planner::TablePair& pair, const std::vector<Change>& changes) {
  ChangeKeys keys;
  for (const Change& change : changes) {
    const mysql::Row before = planner::before_identity(pair, change);
    const mysql::Row after = planner::after_identity(pair, change);
    keys.source.push_back(after);
    keys.target.push_back(before);
    if (!(after == before)) keys.target.push_back(after);
  }
  return keys;
}

ChunkReading read_chunk(mysql::Session& session, const TableWork& table,
                        const planner::PlanChunk& chunk, const std::vector<Change>& changes,
                        Side side, planner::Locking locking) {
  const planner::TablePair& pair = *table.pair;
  ChunkReading reading;
  if (chunk.kind == planner::ChunkKind::keys) {
    const ChangeKeys keys = keys_of(pair, changes);
    read_keys_into(session, pair, side, side == Side::source ? keys.source : keys.target, locking,
                   Filtered::yes, reading);
    return reading;
  }
  planner::KeyRange range;
  if (chunk.low) range.low = key_from_values(pair, table, *chunk.low);
  if (chunk.high) range.high = key_from_values(pair, table, *chunk.high);
  mysql::RowStream stream(session, planner::select_range(pair, side, range, locking),
                          planner::read_columns(pair, side), "reading " + pair.job.address);
  const std::set<std::string> wanted = identities_of(pair, changes, side);
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
