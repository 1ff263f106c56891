#include "planner/merge_chunks.h"

#include <utility>

#include "planner/row_standing.h"
#include "planner/ties.h"

namespace rowplan::planner {

MergeChunkBuilder::MergeChunkBuilder(const MergeShape& shape, const MergeRules& rules,
                                     MergeSink& sink, const HeldBack& held, ChunkKind kind)
    : sink_(sink),
      held_(held),
      kind_(kind),
      merger_(rules, shape.types),
      hasher_(shape.types),
      rows_(shape.members.size()),
      had_(shape.members.size()) {
  start_chunk();
}

void MergeChunkBuilder::start_chunk() {
  chunk_ = {};
  chunk_.id = chunks_.size() + 1;
  chunk_.before.resize(rows_.size());
  chunk_.after.resize(rows_.size());
  moves_.clear();
}

void MergeChunkBuilder::row(const mysql::Row& key, const MergeInput& input) {
  for (std::size_t member = 0; member < rows_.size(); ++member) {
    if (input.rows[member] != nullptr) ++rows_[member];
    if (base_of(input, member).row != nullptr) ++had_[member];
  }
  const MergeDecision decision = decide(key, input);
  if (decision.conflict) {
    ++chunk_.conflicts;
    if (decision.outcome == MergeOutcome::unresolved) ++chunk_.open;
    sink_.conflict(chunk_.id, key, input, decision);
  }
  const bool stays_equal =
      decision.outcome == MergeOutcome::same || decision.outcome == MergeOutcome::dissolved;
  if (!stays_equal) ++chunk_.keys;
  switch (decision.outcome) {
    case MergeOutcome::same:
    case MergeOutcome::dissolved:
      return stays(key, input, decision);
    case MergeOutcome::merged:
      return merged(key, input, decision);
    case MergeOutcome::unresolved:
      offer(key, input);
      return stays_open(input);
    case MergeOutcome::skipped:
      return stays_open(input);
  }
}

MergeDecision MergeChunkBuilder::decide(const mysql::Row& key, const MergeInput& input) {
  MergeDecision decision = merger_.merge(input);
  if (held_.empty() || decision.outcome != MergeOutcome::merged) return decision;
  const auto held = held_.find(tie_key(key));
  return held == held_.end() ? std::move(decision) : merger_.hold_back(input, held->second);
}

void MergeChunkBuilder::stays(const mysql::Row& key, const MergeInput& input,
                              const MergeDecision& decision) {
  const mysql::Row* row = input.rows.front();
  if (decision.outcome == MergeOutcome::dissolved)
    moves_.push_back(
        {key, row == nullptr ? std::nullopt : std::optional(merger_.baseline_of(*row)), {}});
  if (!decision.hash || kind_ == ChunkKind::keys) return;
  for (ChunkHash& member : chunk_.before) add(member, *decision.hash);
  for (ChunkHash& member : chunk_.after) add(member, *decision.hash);
}

void MergeChunkBuilder::stays_open(const MergeInput& input) {
  for (std::size_t member = 0; member < rows_.size(); ++member) {
    if (input.rows[member] == nullptr) continue;
    const mysql::RowHash hash = hasher_.hash(*input.rows[member]);
    add(chunk_.before[member], hash);
    add(chunk_.after[member], hash);
  }
}

void MergeChunkBuilder::offer(const mysql::Row& key, const MergeInput& input) {
  for (std::size_t member = 0; member < rows_.size(); ++member) {
    const mysql::Row* row = input.rows[member];
    const auto result = row == nullptr ? std::nullopt : std::optional(*row);
    moves_.push_back({key, row == nullptr ? std::nullopt : std::optional(merger_.baseline_of(*row)),
                      BaselineMove::Option{member, merger_.intent_to(input, result)}});
  }
}

void MergeChunkBuilder::merged(const mysql::Row& key, const MergeInput& input,
                               const MergeDecision& decision) {
  const mysql::Row* result = decision.result ? &*decision.result : nullptr;
  sink_.intent(chunk_.id, key, merger_.intent_to(input, decision.result));
  for (std::size_t member = 0; member < rows_.size(); ++member) {
    const mysql::Row* row = input.rows[member];
    if (row != nullptr) add(chunk_.before[member], hasher_.hash(*row));
    if (result != nullptr) add(chunk_.after[member], hasher_.hash(*result));
    const auto op = op_to(row, decision.result);
    if (!op) continue;
    ++chunk_.writes;
    sink_.write(
        {chunk_.id, member, *op, row, result, decision.conflict ? &*decision.conflict : nullptr});
  }
  moves_.push_back(
      {key, result == nullptr ? std::nullopt : std::optional(merger_.baseline_of(*result)), {}});
}

void MergeChunkBuilder::chunk_end(const KeyRange& range) {
  const bool kept = chunk_.writes > 0 || chunk_.conflicts > 0;
  if (!moves_.empty()) sink_.baseline(kept ? chunk_.id : 0, moves_);
  if (kept) {
    if (kind_ == ChunkKind::range) chunk_.range = range;
    chunks_.push_back(std::move(chunk_));
  }
  start_chunk();
}

}  // namespace rowplan::planner
