#include "executor/chunk_reading.h"

#include <algorithm>
#include <unordered_set>

#include "executor/row_identity.h"
#include "mysql/encoding.h"
#include "mysql/key_order.h"
#include "mysql/row_stream.h"
#include "planner/chunk_hash.h"
#include "planner/keys_compare.h"
#include "planner/plan_error.h"

namespace rowplan::executor {

namespace {

using planner::Change;
using planner::Changes;
using planner::PlanChunk;
using planner::PlanValue;
using planner::Side;

mysql::Row key_from_values(const TableWork& table, const std::vector<PlanValue>& values) {
  const planner::TablePair& pair = *table.pair;
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

/// Does one range end where the other begins, in an order that the client knows?
bool touch(const planner::TablePair& pair, const PlanChunk& one, const PlanChunk& next) {
  return pair.index_order && one.kind == planner::ChunkKind::range &&
         next.kind == planner::ChunkKind::range && one.high && next.low && *one.high == *next.low;
}

template <typename Take>
void for_rows_of_keys(mysql::Session& session, const planner::TablePair& pair, Side side,
                      const std::vector<mysql::Row>& keys, planner::Locking locking,
                      Filtered filtered, const Take& take) {
  mysql::Row row;
  for (std::size_t begin = 0; begin < keys.size(); begin += planner::kKeysAtOnce) {
    const auto from = keys.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto to = keys.begin() + static_cast<std::ptrdiff_t>(
                                       std::min(keys.size(), begin + planner::kKeysAtOnce));
    mysql::RowStream stream(
        session, planner::select_keys(pair, side, {from, to}, filtered == Filtered::yes, locking),
        planner::read_columns(pair, side), "reading " + pair.job.address);
    while (stream.next(row)) take(row);
  }
}

/// For sets of keys that are asked for the bytes within a row.
struct BytesHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view bytes) const noexcept {
    return std::hash<std::string_view>()(bytes);
  }
};

class ChunksReader {
 public:
  ChunksReader(mysql::Session& session, const TableWork& table, Side side, planner::Locking locking,
               Keep keep, RowHashes& known)
      : session_(session),
        table_(table),
        pair_(*table.pair),
        side_(side),
        locking_(locking),
        known_(known),
        hasher_(pair_.types()) {
    if (keep == Keep::hashes) return;
    for (const auto* list : {&table.changes, &table.others})
      for (const Change& change : *list) want(change);
  }

  TableReading read() {
    const std::vector<const PlanChunk*>& chunks = table_.chunks;
    reading_.hashes.resize(chunks.size());
    for (std::size_t first = 0; first < chunks.size();) {
      std::size_t end = first + 1;
      if (chunks[first]->kind == planner::ChunkKind::keys) {
        read_keys(first);
      } else {
        while (end < chunks.size() && touch(pair_, *chunks[end - 1], *chunks[end])) ++end;
        read_ranges(first, end);
      }
      first = end;
    }
    return std::move(reading_);
  }

 private:
  void want(const Change& change) {
    if (!needs_rows(pair_, change)) return;
    wanted_.insert(identity_after(pair_, change));
    if (side_ == Side::target) wanted_.insert(identity_before(pair_, change));
  }

  void read_keys(std::size_t chunk) {
    std::vector<const Change*> changes;
    for (const auto* list : {&table_.changes, &table_.others})
      for (const Change& change : *list)
        if (change.chunk == table_.chunks[chunk]->id) changes.push_back(&change);
    const ChangeKeys keys = keys_of(pair_, changes);
    for_rows_of_keys(session_, pair_, side_, side_ == Side::source ? keys.source : keys.target,
                     locking_, Filtered::yes, [&](const mysql::Row& row) { take(chunk, row); });
  }

  /// Chunks from `first` to before `end`, each of which touches the next. Their rows come in the
  /// order of their keys; one that did not would count to another chunk, whose hash then tells.
  void read_ranges(std::size_t first, std::size_t end) {
    planner::KeyRange range;
    std::vector<mysql::Row> highs;  // of all but the last
    for (std::size_t chunk = first; chunk + 1 < end; ++chunk)
      highs.push_back(key_from_values(table_, *table_.chunks[chunk]->high));
    const PlanChunk& last = *table_.chunks[end - 1];
    if (const auto& low = table_.chunks[first]->low) range.low = key_from_values(table_, *low);
    if (last.high) range.high = key_from_values(table_, *last.high);
    mysql::RowStream stream(session_, planner::select_range(pair_, side_, range, locking_),
                            planner::read_columns(pair_, side_), "reading " + pair_.job.address);
    mysql::Row row;
    std::size_t passed = 0;
    while (stream.next(row)) {
      while (passed < highs.size() && mysql::compare_keys(pair_.order, row, highs[passed]) > 0)
        ++passed;
      take(first + passed, row);
    }
  }

  void take(std::size_t chunk, const mysql::Row& row) {
    if (begun_ != table_.chunks[chunk]) known_.begin(*(begun_ = table_.chunks[chunk]));
    const std::string_view key = pair_.is_keyless() ? row.bytes() : key_bytes(pair_, row);
    planner::add(reading_.hashes[chunk], known_.hash(hasher_, row, key));
    if (wanted_.empty()) return;
    if (pair_.is_keyless()) {
      std::string identity = identity_of(pair_, row);
      if (wanted_.contains(identity)) reading_.rows.insert_or_assign(std::move(identity), row);
    } else if (wanted_.contains(key)) {
      reading_.rows.insert_or_assign(std::string(key), row);
    }
  }

  mysql::Session& session_;
  const TableWork& table_;
  const planner::TablePair& pair_;
  Side side_;
  planner::Locking locking_;
  RowHashes& known_;
  mysql::RowHasher hasher_;
  const PlanChunk* begun_ = nullptr;
  std::unordered_set<std::string, BytesHash, std::equal_to<>> wanted_;
  TableReading reading_;
};

}  // namespace

std::vector<const Change*> changes_of(const TableWork& table) {
  std::vector<const Change*> changes;
  changes.reserve(table.changes.size());
  for (const Change& change : table.changes) changes.push_back(&change);
  return changes;
}

ChangeKeys keys_of(const planner::TablePair& pair, Changes changes) {
  ChangeKeys keys;
  std::unordered_set<std::string> known;
  const auto add = [&](const mysql::Row& key) {
    if (known.emplace(key.bytes()).second) keys.target.push_back(key);
  };
  for (const Change* change : changes) {
    const mysql::Row after = planner::after_identity(pair, *change);
    keys.source.push_back(after);
    add(planner::before_identity(pair, *change));
    add(after);
  }
  return keys;
}

TableReading read_chunks(mysql::Session& session, const TableWork& table, Side side,
                         planner::Locking locking, Keep keep, RowHashes& known) {
  return ChunksReader(session, table, side, locking, keep, known).read();
}

RowsByKey read_rows(mysql::Session& session, const planner::TablePair& pair, Side side,
                    const std::vector<mysql::Row>& keys, planner::Locking locking,
                    Filtered filtered) {
  RowsByKey rows;
  for_rows_of_keys(session, pair, side, keys, locking, filtered, [&](const mysql::Row& row) {
    rows.insert_or_assign(identity_of(pair, row), row);
  });
  return rows;
}

}  // namespace rowplan::executor
