// The rows of the chunk that a walk is in, until it is known whether it differs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "planner/chunk_visitor.h"

namespace rowplan::planner {

class ChunkBuffer {
 public:
  /// From `max_bytes` on rows are no longer kept.
  explicit ChunkBuffer(std::uint64_t max_bytes) : max_bytes_(max_bytes) {}

  void equal(const mysql::Row& row) { add(Kind::equal, row); }
  void differs(const mysql::Row& source, const mysql::Row& target) {
    add(Kind::source_of_two, source);
    add(Kind::target_of_two, target);
  }
  void only_source(const mysql::Row& row) { add(Kind::only_source, row); }
  void only_target(const mysql::Row& row) { add(Kind::only_target, row); }

  /// The chunk had more than it may hold: its rows must be read again.
  [[nodiscard]] bool overflowed() const { return overflowed_; }
  /// Tells `visitor` of all rows, as the walk did; not of the chunk's end.
  void replay(ChunkVisitor& visitor) const;
  void clear();

 private:
  enum class Kind : std::uint8_t { equal, source_of_two, target_of_two, only_source, only_target };
  struct Entry {
    Kind kind = Kind::equal;
    std::size_t bytes = 0;
  };
  void add(Kind kind, const mysql::Row& row);

  std::uint64_t max_bytes_;
  std::string bytes_;  // of all rows, one after the other
  std::vector<Entry> entries_;
  bool overflowed_ = false;
};

}  // namespace rowplan::planner
