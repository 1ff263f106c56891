// Turns walked rows into chunks with hashes, and changes.
#pragma once

#include <xxhash.h>

#include <cstdint>
#include <vector>

#include "planner/change_builder.h"
#include "planner/chunk_hash.h"
#include "planner/chunk_visitor.h"
#include "planner/table_compare.h"

namespace rowplan::planner {

/// Sums fast hashes of a chunk's rows: tells whether two readings of a chunk saw the same. Never
/// stands in a plan.
struct FastSum {
  std::uint64_t rows = 0;
  std::uint64_t sum = 0;

  void add(const mysql::Row& row) {
    ++rows;
    sum += XXH3_64bits(row.bytes().data(), row.bytes().size());
  }
  friend bool operator==(const FastSum&, const FastSum&) = default;
};

/// A chunk that differs, as a reading found it.
struct SeenChunk {
  KeyRange range;
  FastSum source;
  FastSum target;
  std::optional<ChunkHash> source_hash;  ///< where the reading hashed the rows
  std::optional<ChunkHash> target_hash;
};

/// Builds PlanChunks. Row by row: equal, differs, only_*; then end_chunk.
class ChunkBuilder {
 public:
  ChunkBuilder(const TablePair& pair, ChangeSink& sink, TieProbe& ties);

  void equal(const mysql::Row& row);
  void differs(const mysql::Row& source, const mysql::Row& target);
  /// `copies`: of a table without a key.
  void only_source(const mysql::Row& row, const Copies& copies = {});
  void only_target(const mysql::Row& row, const Copies& copies = {});
  /// Rows that stay as they are, as sums. Such a chunk has no fast sums.
  void stay(const ChunkHash& source, const ChunkHash& target);
  /// Did the chunk differ? Then it is kept under the next number.
  bool end_chunk(ChunkKind kind, const KeyRange& range);

  [[nodiscard]] const std::vector<PlanChunk>& chunks() const { return chunks_; }
  [[nodiscard]] std::vector<PlanChunk> take_chunks() { return std::move(chunks_); }
  [[nodiscard]] std::vector<ChunkHash> take_change_sums() { return std::move(change_sums_); }
  [[nodiscard]] const Ops& ops() const { return ops_; }
  /// Of values that cannot be written.
  [[nodiscard]] const Findings& findings() const { return findings_; }
  [[nodiscard]] const FastSum& source_sum() const { return source_sum_; }
  [[nodiscard]] const FastSum& target_sum() const { return target_sum_; }
  [[nodiscard]] const ChunkHash& source_hash() const { return source_; }
  [[nodiscard]] const ChunkHash& target_hash() const { return target_; }
  /// Looks up ties of all rows since the last mark, then lets them stand.
  void mark(mysql::Session& target);
  void rollback();  ///< back to the last mark, the sink too

 private:
  void start_chunk();
  [[nodiscard]] std::uint32_t next_id() const {
    return static_cast<std::uint32_t>(chunks_.size() + 1);
  }
  /// `sum`: what the change adds to the target's hash.
  void emit(Change change, const ChunkHash& sum);
  void check_writable(const mysql::Row& source, const mysql::Row* target);

  const TablePair& pair_;
  ChangeSink& sink_;
  TieProbe& ties_;
  mysql::RowHasher hasher_;
  std::vector<PlanChunk> chunks_;
  std::vector<ChunkHash> change_sums_;
  std::size_t marked_sums_ = 0;
  Ops ops_;
  Ops marked_ops_;
  std::size_t marked_chunks_ = 0;
  Findings findings_;
  std::size_t marked_findings_ = 0;
  // of the chunk under way
  ChunkHash source_;
  ChunkHash target_;
  ChunkHash target_after_;
  std::uint64_t changes_ = 0;
  FastSum source_sum_;
  FastSum target_sum_;
};

}  // namespace rowplan::planner
