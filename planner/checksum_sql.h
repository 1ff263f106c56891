// The SELECTs by which servers hash rows themselves, so that only hashes travel. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "planner/select_sql.h"

namespace rowplan::planner {

/// Why the servers cannot hash the rows of a pair to the plan's hashes; empty: they can.
[[nodiscard]] std::string why_streamed(const TablePair& pair);

/// One row: CRC32('abc'), the sum of three times the first 64 bits of its SHA-256, and the encoding
/// of each of `reals`.
[[nodiscard]] std::string checksum_probe(const std::vector<double>& reals);

/// Into how many parts the rows of a chunk fall, by their keys' CRC-32.
inline constexpr unsigned kChunkParts = 16;

/// What is summed of each range's rows.
enum class Summed : std::uint8_t {
  high,   ///< count, and sum of the first 64 bits of the row hashes
  chunk,  ///< the chunk's hash: also the sum of the next 64 bits
};

/// The SELECTs of one member. Ranges rise and do not overlap.
class ChecksumSql {
 public:
  /// Of a pair that need not be streamed.
  ChecksumSql(const TablePair& pair, Side side);

  /// Keys of the rows in `ranges` whose keys' CRC-32 is 0 modulo `modulus`, in key order.
  [[nodiscard]] std::string cuts(const std::vector<KeyRange>& ranges, std::uint64_t modulus,
                                 std::size_t at_most) const;
  /// For each range that has rows: its number, the count of rows (NULL if a hash was NULL), and one
  /// or two sums modulo 2^64, 8 bytes each, big-endian.
  [[nodiscard]] std::string sums(const std::vector<KeyRange>& ranges, Summed summed) const;
  /// For each part of a range that has rows: range * kChunkParts + part, and the last 32 bits of
  /// the sum of the hashes' first 64, 4 bytes. Enough to find what differs, not to judge.
  [[nodiscard]] std::string parts(const std::vector<KeyRange>& ranges) const;
  /// Rows of some parts, in key order: their keys, and 4 bytes of their hashes.
  [[nodiscard]] std::string rows(const std::vector<KeyRange>& ranges,
                                 const std::vector<std::uint32_t>& parts) const;
  [[nodiscard]] std::vector<mysql::ReadColumn> row_columns() const;

 private:
  [[nodiscard]] std::string from_where(const std::vector<KeyRange>& ranges,
                                       const std::string& condition) const;
  [[nodiscard]] std::string range_number(const std::vector<KeyRange>& ranges, std::size_t begin,
                                         std::size_t end) const;
  [[nodiscard]] std::string part_number(const std::vector<KeyRange>& ranges) const;

  const TablePair& pair_;
  Side side_;
  std::string hash_;  ///< 64 hex digits
  std::string key_crc_;
};

}  // namespace rowplan::planner
