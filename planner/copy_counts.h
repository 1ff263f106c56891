// How many of each row two sides hold.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>

#include "mysql/encoding.h"
#include "mysql/row.h"
#include "planner/plan.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// Counts rows by their 128-bit hashes, in any order; then tells which differ in number. The rows
/// themselves are kept only where asked for.
class CopyCounts {
 public:
  using Hash = std::pair<std::uint64_t, std::uint64_t>;
  struct Copies {
    std::uint64_t source = 0;
    std::uint64_t target = 0;
    friend bool operator==(const Copies&, const Copies&) = default;
  };
  using Differing = std::map<Hash, Copies>;

  /// `keep_extra`: rows of which only the target has more are kept there, and do not differ.
  explicit CopyCounts(bool keep_extra) : keep_extra_(keep_extra) {}

  /// One more row of this hash.
  void add(Side side, const mysql::RowHash& hash);
  /// The row of the hash, to be had from row() later.
  void remember(const mysql::RowHash& hash, const mysql::Row& row);
  /// All rows were added.
  void finish();

  [[nodiscard]] std::uint64_t rows(Side side) const {
    return side == Side::source ? source_rows_ : target_rows_;
  }
  [[nodiscard]] const Differing& differing() const { return differing_; }
  /// Must have been remembered.
  [[nodiscard]] const mysql::Row& row(const Hash& hash) const;
  /// Sums over the rows that no change touches.
  [[nodiscard]] const ChunkHash& staying(Side side) const {
    return side == Side::source ? source_staying_ : target_staying_;
  }
  [[nodiscard]] std::uint64_t kept() const { return kept_; }

 private:
  struct HashOfHash {
    std::size_t operator()(const Hash& hash) const { return hash.first; }
  };
  bool keep_extra_;
  std::unordered_map<Hash, Copies, HashOfHash> copies_;
  std::unordered_map<Hash, mysql::Row, HashOfHash> remembered_;
  std::uint64_t source_rows_ = 0;
  std::uint64_t target_rows_ = 0;
  Differing differing_;
  ChunkHash source_staying_;
  ChunkHash target_staying_;
  std::uint64_t kept_ = 0;
};

}  // namespace rowplan::planner
