// The walk over two sides, against a plain comparison of two maps.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <stdexcept>

#include "planner/chunk_visitor.h"
#include "planner/read_ahead.h"

namespace rowplan::planner {
namespace {

mysql::Row row_of(int key, int value) {
  mysql::Row row;
  for (const int cell : {key, value}) {
    std::string bytes;
    mysql::append_integer(bytes, cell < 0, static_cast<std::uint64_t>(cell));
    row.add(bytes);
  }
  return row;
}

TablePair pair_of_integers(std::uint64_t chunk_rows) {
  TablePair pair;
  pair.job.options.chunk_rows = chunk_rows;
  pair.columns.resize(2);
  for (PairColumn& column : pair.columns) column.type.kind = mysql::CellKind::integer;
  pair.key_columns = 1;
  pair.order = {mysql::ColumnOrder::bytes};
  pair.index_order = true;
  return pair;
}

class Rows : public RowSource {
 public:
  explicit Rows(std::vector<mysql::Row> rows) : rows_(std::move(rows)) {}
  explicit Rows(const std::map<int, int>& rows) {
    for (const auto& [key, value] : rows) rows_.push_back(row_of(key, value));
  }
  bool next(mysql::Row& row) override {
    if (at_ == rows_.size()) {
      if (fails) throw std::runtime_error("the read failed");
      return false;
    }
    row = rows_[at_++];
    return true;
  }
  bool fails = false;

 private:
  std::vector<mysql::Row> rows_;
  std::size_t at_ = 0;
};

struct Seen : public ChunkVisitor {
  void equal(const mysql::Row&) override { ++equals; }
  void differs(const mysql::Row&, const mysql::Row&) override { ++different; }
  void only_source(const mysql::Row&) override { ++missing; }
  void only_target(const mysql::Row&) override { ++extra; }
  void chunk_end(const KeyRange& range) override {
    // Chunks follow each other without a gap, and only the last is open above.
    EXPECT_EQ(range.low.has_value(), last.has_value());
    if (last && range.low) {
      EXPECT_TRUE(*range.low == *last);
    }
    last = range.high;
    ++chunks;
  }
  int equals = 0, different = 0, missing = 0, extra = 0, chunks = 0;
  std::optional<mysql::Row> last;
};

TEST(Walk, FindsWhatTwoMapsDifferIn) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 300; ++round) {
    std::map<int, int> source;
    std::map<int, int> target;
    const int keys = static_cast<int>(random() % 60);
    for (int i = 0; i < keys; ++i) {
      const int key = static_cast<int>(random() % 100) - 50;
      const int value = static_cast<int>(random() % 3);
      if (random() % 4 != 0) source[key] = value;
      if (random() % 4 != 0) target[key] = random() % 8 == 0 ? value + 1 : value;
    }
    Seen expected;
    for (const auto& [key, value] : source) {
      const auto other = target.find(key);
      ++(other == target.end()    ? expected.missing
         : other->second == value ? expected.equals
                                  : expected.different);
    }
    for (const auto& [key, value] : target)
      if (source.count(key) == 0) ++expected.extra;
    Seen seen;
    Rows left(source);
    Rows right(target);
    EXPECT_TRUE(walk(pair_of_integers(1 + random() % 5), {}, left, right, true, seen));
    EXPECT_EQ(seen.equals, expected.equals);
    EXPECT_EQ(seen.different, expected.different);
    EXPECT_EQ(seen.missing, expected.missing);
    EXPECT_EQ(seen.extra, expected.extra);
    EXPECT_FALSE(seen.last) << "the last chunk is open";
  }
}

TEST(Walk, CutsDependOnTheSourceAlone) {
  std::map<int, int> source;
  for (int key = 0; key < 500; ++key) source[key] = key;
  std::map<int, int> target = source;
  target.erase(250);
  target[1000] = 1;
  Seen with;
  Rows a(source);
  Rows b(target);
  EXPECT_TRUE(walk(pair_of_integers(20), {}, a, b, true, with));
  Seen without;
  Rows c(source);
  Rows d(source);
  EXPECT_TRUE(walk(pair_of_integers(20), {}, c, d, true, without));
  EXPECT_EQ(with.chunks, without.chunks);
  EXPECT_GT(with.chunks, 10);
}

TEST(Walk, AFailedReadIsNeverTheEnd) {
  for (const bool on_source : {true, false}) {
    Rows source(std::map<int, int>{{1, 1}, {2, 2}});
    Rows target(std::map<int, int>{{1, 1}, {2, 2}, {3, 3}});
    (on_source ? source : target).fails = true;
    Seen seen;
    EXPECT_THROW((void)walk(pair_of_integers(2), {}, source, target, true, seen),
                 std::runtime_error);
  }
}

TEST(Walk, RefusesKeysThatDoNotRise) {
  for (const auto& keys : {std::vector<int>{1, 1}, std::vector<int>{2, 1}}) {
    std::vector<mysql::Row> rows;
    for (const int key : keys) rows.push_back(row_of(key, 0));
    Rows source(rows);
    Rows target(std::map<int, int>{{1, 0}, {2, 0}});
    Seen seen;
    EXPECT_THROW((void)walk(pair_of_integers(2), {}, source, target, true, seen),
                 std::runtime_error);
  }
}

TEST(Walk, RefusesKeysThatDoNotRiseAfterEqualRows) {
  for (const int back : {1, 2, 0}) {
    Rows source(std::map<int, int>{{1, 0}, {2, 0}, {3, 0}});
    Rows target(std::vector<mysql::Row>{row_of(1, 0), row_of(2, 0), row_of(back, 0)});
    Seen seen;
    EXPECT_THROW((void)walk(pair_of_integers(2), {}, source, target, true, seen),
                 std::runtime_error);
  }
}

constexpr int kManyRows = 60'000;  // some batches

std::map<int, int> many_rows(int but) {
  std::map<int, int> rows;
  for (int key = 0; key < kManyRows; ++key)
    if (key % 1000 != but) rows[key] = key % 500 == but + 1 ? but : 0;
  return rows;
}

TEST(ReadAhead, SeesWhatIsThere) {
  Seen expected;
  Seen seen;
  for (Seen* const how : {&expected, &seen}) {
    Rows source(many_rows(3));
    Rows target(many_rows(7));
    ReadAhead left(source);
    ReadAhead right(target);
    RowSource& ahead_left = how == &seen ? static_cast<RowSource&>(left) : source;
    RowSource& ahead_right = how == &seen ? static_cast<RowSource&>(right) : target;
    EXPECT_TRUE(walk(pair_of_integers(200), {}, ahead_left, ahead_right, true, *how));
  }
  EXPECT_EQ(seen.equals, expected.equals);
  EXPECT_EQ(seen.different, expected.different);
  EXPECT_EQ(seen.missing, kManyRows / 1000);
  EXPECT_EQ(seen.extra, kManyRows / 1000);
  EXPECT_EQ(seen.chunks, expected.chunks);
}

TEST(ReadAhead, AFailedReadIsNeverTheEnd) {
  for (const std::size_t rows : {0, 1, 99, 100, 101, 30'000}) {
    Rows source(std::vector<mysql::Row>(rows, row_of(1, 1)));
    source.fails = true;
    ReadAhead ahead(source);
    mysql::Row row;
    for (std::size_t i = 0; i < rows; ++i) {
      ASSERT_TRUE(ahead.next(row));
      ASSERT_TRUE(row == row_of(1, 1));
    }
    EXPECT_THROW((void)ahead.next(row), std::runtime_error) << rows;
    EXPECT_THROW((void)ahead.next(row), std::runtime_error) << "again, " << rows;
  }
}

TEST(ReadAhead, RowsOfAnySize) {
  std::vector<mysql::Row> rows;
  for (int i = 0; i < 3000; ++i) {
    rows.emplace_back();
    rows.back().add(std::string(i % 700 == 0 ? 3'000'000 : static_cast<std::size_t>(i % 50), 'x'));
  }
  Rows source(rows);
  ReadAhead ahead(source);
  mysql::Row row;
  for (const mysql::Row& expected : rows) {
    ASSERT_TRUE(ahead.next(row));
    ASSERT_TRUE(row == expected);
  }
  EXPECT_FALSE(ahead.next(row));
  EXPECT_FALSE(ahead.next(row));
}

TEST(ReadAhead, MayBeGivenUp) {
  for (const int taken : {0, 50, 101, 20'000}) {
    Rows source(many_rows(3));
    ReadAhead ahead(source);
    mysql::Row row;
    for (int i = 0; i < taken; ++i) ASSERT_TRUE(ahead.next(row));
  }
}

}  // namespace
}  // namespace rowplan::planner
