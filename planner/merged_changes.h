// Where the merged rows of a two-way table become changes, ties and moves of the baseline.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "planner/merge_chunks.h"
#include "planner/merge_shape.h"
#include "planner/ties.h"
#include "planner/two_way_compare.h"

namespace rowplan::planner {

/// Asks the members' `askers` about ties, now and then. Throws what these and the sink throw.
class MergedChanges : public MergeSink {
 public:
  /// All must outlive it.
  MergedChanges(const TwoWayTask& task, const MergeShape& shape, ChangeSink& changes,
                TwoWayOutcome& outcome);

  void write(const MergeWrite& write) override;
  void conflict(std::uint64_t chunk, const mysql::Row& key, const MergeInput& rows,
                const MergeDecision& decision) override;
  void intent(std::uint64_t chunk, const mysql::Row& key, const MergeIntent& intent) override;
  void baseline(std::uint64_t chunk, const std::vector<BaselineMove>& moves) override;

  /// Fills in the outcome, with chunks as the plan has them.
  void finish(const std::vector<MergedChunk>& chunks);

 private:
  struct Lines {
    std::uint64_t all = 0;
    std::uint64_t conflicts = 0;
  };

  void probe();
  [[nodiscard]] Lines& line_of(std::uint64_t chunk);
  void append(Change change, std::uint64_t chunk);
  [[nodiscard]] std::optional<ChangeResolution> resolution_of(const MergeDecision& decision) const;
  [[nodiscard]] PlanChunk plan_chunk(const MergedChunk& merged) const;
  void check_writable(const TablePair& view, const mysql::Row& row, const mysql::Row* before);

  const TwoWayTask& task_;
  const MergeShape& shape_;
  ChangeSink& changes_;
  TwoWayOutcome& outcome_;
  std::vector<TieProbe> ties_;  // of each member
  std::vector<Lines> lines_;    // of each chunk that is kept, and of the one under way
  std::uint64_t unprobed_ = 0;
  Findings findings_;
};

}  // namespace rowplan::planner
