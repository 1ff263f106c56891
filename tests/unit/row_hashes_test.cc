// Hashes that are remembered for rows that are read again.
#include "executor/row_hashes.h"

#include <gtest/gtest.h>

namespace rowplan::executor {
namespace {

constexpr std::size_t kPlenty = std::size_t{1} << 20U;

mysql::Row row_of(unsigned key, const std::string& value) {
  mysql::Row row;
  std::string cell;
  mysql::append_integer(cell, false, key);
  row.add(cell);
  row.add(value);
  return row;
}

std::string_view key_of(const mysql::Row& row) {
  const std::string_view key = row.cell(0);
  return row.bytes().substr(0, static_cast<std::size_t>(key.end() - row.bytes().begin()));
}

bool same(const mysql::RowHash& a, const mysql::RowHash& b) {
  return a.high == b.high && a.low == b.low;
}

class RowHashesTest : public ::testing::Test {
 protected:
  /// Reads a chunk that was not read before.
  void first(RowHashes& hashes, const std::vector<mysql::Row>& rows) {
    hashes.begin(chunk_);
    for (const mysql::Row& row : rows)
      EXPECT_TRUE(same(hashes.hash(hasher_, row, key_of(row)), hasher_.hash(row)));
  }

  /// Reads it again; how many of the rows were not hashed. Their hashes are told from others by a
  /// hasher that takes the values for bytes.
  std::size_t remembered(RowHashes& hashes, const std::vector<mysql::Row>& rows) {
    hashes.begin(chunk_);
    std::size_t count = 0;
    for (const mysql::Row& row : rows) {
      const mysql::RowHash hash = hashes.hash(other_, row, key_of(row));
      const bool known = same(hash, hasher_.hash(row));
      EXPECT_TRUE(known || same(hash, other_.hash(row)));
      count += known ? 1 : 0;
    }
    return count;
  }

  const planner::PlanChunk chunk_;
  mysql::RowHasher hasher_{{{mysql::CellKind::integer}, {mysql::CellKind::text}}};
  mysql::RowHasher other_{{{mysql::CellKind::integer}, {mysql::CellKind::bytes}}};
};

std::vector<mysql::Row> hundred() {
  std::vector<mysql::Row> rows;
  for (unsigned i = 0; i < 100; ++i) rows.push_back(row_of(i, "value"));
  return rows;
}

TEST_F(RowHashesTest, TheSameRowsAreHashedOnce) {
  RowHashes hashes(kPlenty);
  first(hashes, hundred());
  EXPECT_EQ(remembered(hashes, hundred()), 100U);
  EXPECT_EQ(remembered(hashes, hundred()), 100U);
}

TEST_F(RowHashesTest, ARowThatDiffersIsHashed) {
  RowHashes hashes(kPlenty);
  first(hashes, hundred());
  std::vector<mysql::Row> rows = hundred();
  for (unsigned i = 20; i < 60; ++i) rows[i] = row_of(i, "Value");
  EXPECT_EQ(remembered(hashes, rows), 60U);
}

TEST_F(RowHashesTest, RowsThatAreNewOrGoneDoNotHideTheOthers) {
  RowHashes hashes(kPlenty);
  first(hashes, hundred());
  std::vector<mysql::Row> rows = hundred();
  rows.erase(rows.begin() + 10, rows.begin() + 14);
  for (unsigned i = 0; i < 30; ++i) rows.insert(rows.begin() + 50, row_of(1000 + i, "value"));
  EXPECT_EQ(remembered(hashes, rows), 96U);
}

TEST_F(RowHashesTest, AKeyThatBeginsAnotherIsNotThatKey) {
  RowHashes hashes(kPlenty);
  mysql::RowHasher hasher({{mysql::CellKind::text}});
  hashes.begin(chunk_);
  mysql::Row longer;
  longer.add("aa");
  mysql::Row shorter;
  shorter.add("a");
  (void)hashes.hash(hasher, longer, longer.bytes());
  hashes.begin(chunk_);
  EXPECT_TRUE(same(hashes.hash(hasher, shorter, shorter.bytes()), hasher.hash(shorter)));
  EXPECT_TRUE(same(hashes.hash(hasher, longer, longer.bytes()), hasher.hash(longer)));
}

TEST_F(RowHashesTest, AnotherChunkIsAnotherMatter) {
  RowHashes hashes(kPlenty);
  first(hashes, hundred());
  const planner::PlanChunk other;
  hashes.begin(other);
  const mysql::Row row = row_of(0, "value");
  EXPECT_TRUE(same(hashes.hash(other_, row, key_of(row)), other_.hash(row)));
}

TEST_F(RowHashesTest, WhatDoesNotFitIsHashedAgain) {
  RowHashes nothing(0);
  first(nothing, hundred());
  EXPECT_EQ(remembered(nothing, hundred()), 0U);
  RowHashes some(1000);
  first(some, hundred());
  const std::size_t count = remembered(some, hundred());
  EXPECT_GT(count, 0U);
  EXPECT_LT(count, 50U);
}

}  // namespace
}  // namespace rowplan::executor
