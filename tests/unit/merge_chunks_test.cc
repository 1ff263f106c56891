// Chunks of merged tables: their hashes are those of the rows before and after the writes.
#include "planner/merge_chunks.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/unit/merge_support.h"

namespace rowplan::planner {
namespace {

using testing::MaybeValues;
using testing::Values;
const HeldBack kNoneHeld;                         // for every table
using Table = std::map<std::string, mysql::Row>;  // by the bytes of the key

mysql::Row row_of(int key, const Values& values) {
  const mysql::Row rest = testing::merge_row(values);
  mysql::Row row;
  std::string cell;
  mysql::append_integer(cell, false, static_cast<std::uint64_t>(key));
  row.add(cell);
  for (std::size_t i = 1; i < rest.size(); ++i) row.add(rest.cell(i));
  return row;
}

class TableRows : public RowSource {
 public:
  explicit TableRows(const Table& table) : at_(table.begin()), end_(table.end()) {}
  bool next(mysql::Row& row) override {
    if (at_ == end_) return false;
    row = at_++->second;
    return true;
  }

 private:
  Table::const_iterator at_;
  Table::const_iterator end_;
};

/// Writes what comes into tables.
struct Written : MergeSink {
  void write(const MergeWrite& write) override {
    ++writes[write.chunk];
    Table& table = tables[write.member];
    const mysql::Row& row = write.before != nullptr ? *write.before : *write.after;
    const std::string key(key_of(*shape, row).bytes());
    EXPECT_EQ(write.op, write.before == nullptr  ? Op::insert
                        : write.after == nullptr ? Op::remove
                                                 : Op::update);
    EXPECT_EQ(table.contains(key), write.before != nullptr);
    if (write.before != nullptr) {
      EXPECT_TRUE(table.at(key) == *write.before);
    }
    if (write.after != nullptr)
      table[key] = *write.after;
    else
      table.erase(key);
  }
  void conflict(std::uint64_t chunk, const mysql::Row& key, const MergeInput& /*rows*/,
                const MergeDecision& decision) override {
    ++conflicts[chunk];
    if (decision.outcome != MergeOutcome::merged) open.insert({std::string(key.bytes()), chunk});
  }
  void intent(std::uint64_t /*chunk*/, const mysql::Row& key, const MergeIntent& intent) override {
    intents[std::string(key.bytes())] = intent.result;
  }
  void baseline(std::uint64_t chunk, const std::vector<BaselineMove>& moves) override {
    for (const BaselineMove& move : moves) {
      if (move.option) continue;
      moved[std::string(move.key.bytes())] = {chunk, move.row};
      if (intents.contains(std::string(move.key.bytes()))) {
        EXPECT_NE(chunk, 0U) << "what is written waits for its commit";
      }
    }
  }

  const MergeShape* shape = nullptr;
  std::vector<Table> tables;
  std::map<std::uint64_t, std::uint64_t> writes;
  std::map<std::uint64_t, std::uint64_t> conflicts;
  std::map<std::string, std::uint64_t> open;  // keys, with their chunks
  std::map<std::string, std::optional<mysql::RowHash>> intents;
  std::map<std::string, std::pair<std::uint64_t, std::optional<BaselineRow>>> moved;
};

class MergeChunks : public ::testing::Test {
 protected:
  MergeChunks() {
    shape_.address = "g/db.t";
    shape_.types = testing::merge_types();
    shape_.key_columns = 1;
    shape_.order = {mysql::ColumnOrder::bytes};
    shape_.chunk_rows = 6;
  }

  ChunkHash hash_of(const Table& table, const KeyRange& range) {
    mysql::RowHasher hasher(shape_.types);
    ChunkHash hash;
    for (const auto& [key, row] : table) {
      if (range.low && key <= range.low->bytes()) continue;
      if (range.high && key > range.high->bytes()) continue;
      add(hash, hasher.hash(row));
    }
    return hash;
  }

  MergeShape shape_;
};

TEST_F(MergeChunks, HashesAreThoseOfTheRows) {
  const std::uint64_t first_seed = std::random_device{}();
  for (std::uint64_t seed = first_seed; seed < first_seed + 100 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const std::size_t members = 2 + random() % 3;
    shape_.members.assign(members, "m");
    std::vector<Table> before(members);
    for (int key = 1; key < 80; ++key) {
      const Values common{static_cast<int>(random() % 9), 0, 0};
      const bool changes = random() % 10 == 0;
      for (Table& table : before) {
        const mysql::Row row =
            row_of(key, changes ? Values{static_cast<int>(random() % 3), 1, 1} : common);
        if (!changes || random() % 3 != 0) table[std::string(key_of(shape_, row).bytes())] = row;
      }
    }
    const MergeRules rules =
        testing::rules_of(testing::rule_of(random() % 2 == 0 ? Resolve::manual : Resolve::member));
    Written written;
    written.shape = &shape_;
    written.tables = before;
    MergeChunkBuilder builder(shape_, rules, written, kNoneHeld);
    std::vector<TableRows> rows(before.begin(), before.end());
    std::vector<RowSource*> sources;
    for (TableRows& source : rows) sources.push_back(&source);
    ASSERT_TRUE(merge_walk(shape_, sources, {}, builder));
    std::uint64_t open = 0;
    for (const MergedChunk& chunk : builder.chunks()) {
      EXPECT_EQ(chunk.writes, written.writes[chunk.id]);
      EXPECT_EQ(chunk.conflicts, written.conflicts[chunk.id]);
      open += chunk.open;
      for (std::size_t m = 0; m < members; ++m) {
        EXPECT_EQ(chunk.before[m], hash_of(before[m], chunk.range));
        EXPECT_EQ(chunk.after[m], hash_of(written.tables[m], chunk.range));
        EXPECT_TRUE(chunk.open > 0 || chunk.after[m] == chunk.after[0]);
      }
    }
    EXPECT_EQ(open, written.open.size());
    for (std::size_t m = 0; m < members; ++m) {
      EXPECT_EQ(builder.rows(m), before[m].size());
      for (const auto& [key, row] : written.tables[m]) {
        const bool moved = written.moved.contains(key);
        EXPECT_NE(moved, written.open.contains(key)) << "all but open conflicts";
        EXPECT_TRUE(!moved || written.tables[0].at(key) == row);
      }
    }
  }
}

TEST_F(MergeChunks, ListsOfKeysAreOfTheirChangesAlone) {
  shape_.members = {"a", "b"};
  shape_.chunk_rows = 1000;
  std::vector<Table> before(2);
  std::vector<Table> changed(2);
  for (int key = 1; key < 9; ++key) {
    const mysql::Row one = row_of(key, {0, key, 0});
    const mysql::Row other = row_of(key, {0, key % 4 == 0 ? key + 50 : key, 0});
    const std::string bytes(key_of(shape_, one).bytes());
    before[0][bytes] = one;
    if (key != 5) before[1][bytes] = other;
    if (key % 4 != 0 && key != 5) continue;
    changed[0][bytes] = one;
    if (key != 5) changed[1][bytes] = other;
  }
  Written written;
  written.shape = &shape_;
  written.tables = before;
  const MergeRules rules = testing::rules_of(testing::rule_of(Resolve::manual));
  MergeChunkBuilder builder(shape_, rules, written, kNoneHeld, ChunkKind::keys);
  TableRows a(before[0]);
  TableRows b(before[1]);
  ASSERT_TRUE(merge_walk(shape_, std::vector<RowSource*>{&a, &b}, {}, builder));
  ASSERT_EQ(builder.chunks().size(), 1U);
  const MergedChunk& chunk = builder.chunks().front();
  EXPECT_EQ(chunk.keys, 3U);
  EXPECT_FALSE(chunk.range.low || chunk.range.high);
  for (std::size_t m = 0; m < 2; ++m) EXPECT_EQ(chunk.before[m], hash_of(changed[m], {}));
  const mysql::Row five = row_of(5, {0, 5, 0});
  changed[1][std::string(key_of(shape_, five).bytes())] = five;
  for (std::size_t m = 0; m < 2; ++m) EXPECT_EQ(chunk.after[m], hash_of(changed[m], {}));
}

TEST_F(MergeChunks, WhatIsEqualAlreadyWaitsForNothing) {
  shape_.members = {"a", "b"};
  shape_.chunk_rows = 1;
  const mysql::Row one = row_of(1, {1, 1, 1});
  const mysql::Row two = row_of(2, {1, 1, 1});
  Table left{{std::string(key_of(shape_, one).bytes()), one}};
  Table right = left;
  right[std::string(key_of(shape_, two).bytes())] = two;
  Written written;
  written.shape = &shape_;
  written.tables = {left, right};
  MergeChunkBuilder builder(shape_, {}, written, kNoneHeld);
  TableRows a(left);
  TableRows b(right);
  ASSERT_TRUE(merge_walk(shape_, std::vector<RowSource*>{&a, &b}, {}, builder));
  ASSERT_EQ(builder.chunks().size(), 1U);
  EXPECT_EQ(written.moved.at(left.begin()->first).first, 0U);
  EXPECT_EQ(written.moved.at(std::string(key_of(shape_, two).bytes())).first, 1U);
  EXPECT_EQ(written.tables[0].size(), 2U);
}

}  // namespace
}  // namespace rowplan::planner
