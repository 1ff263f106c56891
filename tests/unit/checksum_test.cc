#include <gtest/gtest.h>

#include "planner/checksum_finder.h"
#include "planner/method_choice.h"

namespace rowplan::planner {
namespace {

mysql::Row key(std::uint64_t value) {
  mysql::Row row;
  std::string cell;
  mysql::append_integer(cell, false, value);
  row.add(cell);
  return row;
}

KeyRange range(std::optional<std::uint64_t> low, std::optional<std::uint64_t> high) {
  KeyRange out;
  if (low) out.low = key(*low);
  if (high) out.high = key(*high);
  return out;
}

std::string shown(const std::vector<KeyRange>& ranges) {
  const mysql::CellType integer{mysql::CellKind::integer};
  const auto bound = [&](const std::optional<mysql::Row>& row) {
    return row ? mysql::show(integer, row->cell(0)).data : "*";
  };
  std::string text;
  for (const KeyRange& each : ranges) text += bound(each.low) + "-" + bound(each.high) + " ";
  return text;
}

const std::vector<mysql::ColumnOrder> kByBytes = {mysql::ColumnOrder::bytes};

TEST(Checksum, LevelsAreMultiplesDownToChunks) {
  EXPECT_EQ(cut_levels(200), (std::vector<std::uint64_t>{51'200, 3'200, 200}));
  EXPECT_EQ(cut_levels(1), (std::vector<std::uint64_t>{256, 16, 1}));
  EXPECT_EQ(cut_levels(1'000), (std::vector<std::uint64_t>{16'000, 1'000}));
  EXPECT_EQ(cut_levels(1'000'000), (std::vector<std::uint64_t>{1'000'000}));
}

TEST(Checksum, RangesArePartedAtCuts) {
  EXPECT_EQ(shown(part_at(kByBytes, {range({}, {})}, {})), "*-* ");
  EXPECT_EQ(shown(part_at(kByBytes, {range({}, {})}, {key(3), key(9)})), "*-3 3-9 9-* ");
  // A cut at a range's end parts nothing.
  EXPECT_EQ(shown(part_at(kByBytes, {range(2, 9)}, {key(3), key(9)})), "2-3 3-9 ");
  EXPECT_EQ(shown(part_at(kByBytes, {range({}, 4), range(7, 9), range(9, {})},
                          {key(1), key(4), key(8), key(9), key(12)})),
            "*-1 1-4 7-8 8-9 9-12 12-* ");
}

LinkSpeed speed(double bytes_per_s, double rows_per_s, double hashed_rows_per_s) {
  return {0.04, bytes_per_s, rows_per_s, hashed_rows_per_s};
}

TEST(MethodChoice, ChecksumOnlyWhereClearlyFaster) {
  const LinkSpeed fast = speed(200e6, 2e6, 5e5);
  const LinkSpeed slow = speed(2.5e6, 34e3, 5e5);
  EXPECT_EQ(choose_by_speed(fast, fast, 2'000'000).method, Method::stream);
  EXPECT_EQ(choose_by_speed(slow, fast, 2'000'000).method, Method::checksum);
  EXPECT_EQ(choose_by_speed(fast, slow, 2'000'000).method, Method::checksum)
      << "the slower member counts";
  EXPECT_EQ(choose_by_speed(speed(20e6, 300e3, 5e5), fast, 2'000'000).method, Method::stream)
      << "faster, but not clearly";
  EXPECT_EQ(choose_by_speed(slow, speed(200e6, 2e6, 20e3), 2'000'000).method, Method::stream)
      << "a server that hashes slowly";
}

TEST(MethodChoice, SaysWhy) {
  const MethodChoice choice =
      choose_by_speed(speed(2.5e6, 34e3, 5e5), speed(200e6, 2e6, 4e5), 2'000'000);
  EXPECT_EQ(choice.reason,
            "round trip 40.0 ms, rows arrive at 2.5 MB/s; about 59 s to stream, 5 s to hash on the "
            "servers");
  EXPECT_TRUE(choice.compress);
  EXPECT_FALSE(choose_by_speed(speed(200e6, 2e6, 5e5), speed(50e6, 2e6, 5e5), 10).compress);
}

}  // namespace
}  // namespace rowplan::planner
