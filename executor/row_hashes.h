// Hashes of rows that a unit's judgement reads more than once.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mysql/encoding.h"
#include "mysql/row.h"
#include "planner/plan.h"

namespace rowplan::executor {

/// A chunk is read on the target, on the source, and on the target again, and most of its rows are
/// the same bytes each time. Equal bytes have equal hashes: a row is hashed unless the first
/// reading of its chunk had the very same one. Nothing is taken for read that was not read.
class RowHashes {
 public:
  /// `bytes`: what may be remembered; 0: nothing.
  explicit RowHashes(std::size_t bytes) : bytes_left_(bytes) {}

  /// Rows of this chunk follow. What follows the first time is remembered. The chunk must outlive
  /// this.
  void begin(const planner::PlanChunk& chunk);
  /// The row's hash. `key`: its first bytes, by which it is found again; rows that come in another
  /// order than the first time are hashed anew.
  [[nodiscard]] mysql::RowHash hash(mysql::RowHasher& hasher, const mysql::Row& row,
                                    std::string_view key);

 private:
  struct Known {
    std::size_t end = 0;  // of the row in `bytes`
    mysql::RowHash hash;
  };
  struct Chunk {
    std::string bytes;
    std::vector<Known> rows;
  };
  [[nodiscard]] const mysql::RowHash* find(const mysql::Row& row, std::string_view key);
  void remember(const mysql::Row& row, const mysql::RowHash& hash);

  std::map<const planner::PlanChunk*, Chunk> chunks_;
  Chunk* chunk_ = nullptr;  // the one under way
  bool first_time_ = false;
  std::size_t next_ = 0;  // of its rows: where the search goes on
  std::size_t bytes_left_;
};

}  // namespace rowplan::executor
