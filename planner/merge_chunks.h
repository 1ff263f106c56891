// Turns the merged rows of a two-way table into chunks: hashes of each member before and after,
// what is written where, what stays open, and how the baseline moves once all that is committed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "planner/chunk_hash.h"
#include "planner/merge_walk.h"

namespace rowplan::planner {

/// A chunk with writes or conflicts.
struct MergedChunk {
  std::uint64_t id = 0;           ///< 1, 2, ... in key order
  KeyRange range;                 ///< none of a list of keys
  std::uint64_t keys = 0;         ///< with writes or conflicts
  std::vector<ChunkHash> before;  ///< of each member
  std::vector<ChunkHash> after;   ///< likewise; rows of open conflicts stay as they are
  std::uint64_t writes = 0;       ///< rows, over all members
  std::uint64_t conflicts = 0;    ///< decided or not
  std::uint64_t open = 0;         ///< conflicts that wait for a person
};

/// One row on one member.
struct MergeWrite {
  std::uint64_t chunk = 0;
  std::size_t member = 0;
  Op op = Op::insert;
  const mysql::Row* before = nullptr;  ///< nullptr: an insert
  const mysql::Row* after = nullptr;   ///< nullptr: a delete
  const Conflict* conflict = nullptr;  ///< that was decided so; nullptr: there was none
};

/// What all members have of a key once its chunk is committed.
struct BaselineMove {
  /// Of a conflict that waits for a person: what becomes of it if this member wins.
  struct Option {
    std::size_t member = 0;
    MergeIntent intent;
  };
  mysql::Row key;
  std::optional<BaselineRow> row;  ///< nullopt: no row
  std::optional<Option> option;    ///< none: it is so
};

/// Where all this goes. Rows hold until the call returns.
class MergeSink {
 public:
  virtual ~MergeSink() = default;
  virtual void write(const MergeWrite& write) = 0;
  /// Of every conflict, before the writes that come of it.
  virtual void conflict(std::uint64_t chunk, const mysql::Row& key, const MergeInput& rows,
                        const MergeDecision& decision) = 0;
  /// What is journaled before the row's first write.
  virtual void intent(std::uint64_t chunk, const mysql::Row& key, const MergeIntent& intent) = 0;
  /// `chunk` 0: these are so already, and wait for nothing.
  virtual void baseline(std::uint64_t chunk, const std::vector<BaselineMove>& moves) = 0;
};

/// Rows that must wait for a person, whatever the rules say; by tie_key (planner/ties.h).
using HeldBack = std::map<std::uint64_t, ConflictKind>;

class MergeChunkBuilder : public MergeVisitor {
 public:
  /// The sink must outlive it, and so must `held`. Hashes of chunks that are lists of keys are of
  /// the rows with writes or conflicts alone.
  MergeChunkBuilder(const MergeShape& shape, const MergeRules& rules, MergeSink& sink,
                    const HeldBack& held, ChunkKind kind = ChunkKind::range);

  void row(const mysql::Row& key, const MergeInput& input) override;
  void chunk_end(const KeyRange& range) override;

  [[nodiscard]] const std::vector<MergedChunk>& chunks() const { return chunks_; }
  [[nodiscard]] std::uint64_t rows(std::size_t member) const { return rows_[member]; }
  /// Of how many rows it is known that the member had them when it last took part.
  [[nodiscard]] std::uint64_t had(std::size_t member) const { return had_[member]; }

 private:
  void start_chunk();
  /// All members have the row, or none does.
  void stays(const mysql::Row& key, const MergeInput& input, const MergeDecision& decision);
  void stays_open(const MergeInput& input);
  void offer(const mysql::Row& key, const MergeInput& input);
  void merged(const mysql::Row& key, const MergeInput& input, const MergeDecision& decision);

  [[nodiscard]] MergeDecision decide(const mysql::Row& key, const MergeInput& input);

  MergeSink& sink_;
  const HeldBack& held_;
  ChunkKind kind_;
  RowMerger merger_;
  mysql::RowHasher hasher_;
  std::vector<MergedChunk> chunks_;
  std::vector<std::uint64_t> rows_;
  std::vector<std::uint64_t> had_;
  MergedChunk chunk_;                // under way
  std::vector<BaselineMove> moves_;  // of it
};

}  // namespace rowplan::planner
