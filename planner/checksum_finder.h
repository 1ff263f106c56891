// First reading by checksums: which chunks differ?
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "planner/checksum_reader.h"
#include "planner/chunk_builder.h"

namespace rowplan::planner {

/// Compares large ranges first, and parts those that differ at the source's cuts until they are
/// chunks.
class ChecksumFinder {
 public:
  ChecksumFinder(const TablePair& pair, ChecksumReader& reader, const CompareOptions& options,
                 PlanObserver& observer);

  /// False: it was stopped before the end. `between` is called between large ranges, and may open
  /// newer snapshots: what differs by that alone is for the second reading to find out.
  [[nodiscard]] bool find(const std::function<void()>& between);

  std::vector<SeenChunk> found;  ///< with hashes whose `low` is 0
  std::uint64_t source_rows = 0;
  std::uint64_t target_rows = 0;

 private:
  [[nodiscard]] bool stop() const;
  void compare(const std::vector<KeyRange>& ranges, std::size_t level);
  void compare_some(const std::vector<KeyRange>& ranges, std::size_t level);
  [[nodiscard]] std::vector<KeyRange> part(const std::vector<KeyRange>& ranges, std::size_t level);

  const TablePair& pair_;
  ChecksumReader& reader_;
  const CompareOptions& options_;
  PlanObserver& observer_;
  std::vector<std::uint64_t> moduli_;  ///< of the cuts of each level, each a multiple of the next
};

/// The moduli by which a table is cut: large ranges first, chunks last.
[[nodiscard]] std::vector<std::uint64_t> cut_levels(std::uint64_t chunk_rows);

/// Parts ranges at `cuts`; both rise, and each cut lies in one of the ranges.
[[nodiscard]] std::vector<KeyRange> part_at(const std::vector<mysql::ColumnOrder>& order,
                                            const std::vector<KeyRange>& ranges,
                                            const std::vector<mysql::Row>& cuts);

}  // namespace rowplan::planner
