// The walk over the rows of all members of a two-way table and its baseline, in key order.
#pragma once

#include <span>
#include <vector>

#include "planner/baseline_rows.h"
#include "planner/chunk_visitor.h"
#include "planner/merge.h"
#include "planner/merge_shape.h"

namespace rowplan::planner {

/// Told of each key once, in key order; a chunk's keys come before its end.
class MergeVisitor {
 public:
  virtual ~MergeVisitor() = default;
  /// A key that a member, the baseline or a list of a member's has. `input` holds until the next
  /// call.
  virtual void row(const mysql::Row& key, const MergeInput& input) = 0;
  /// The chunk's keys are through. `high` is open at the end of the walk's range.
  virtual void chunk_end(const KeyRange& range) = 0;
  /// Asked now and then; true ends the walk early, without a chunk_end.
  virtual bool stop() { return false; }
};

/// What one member had other than the baseline tells, as it missed syncs.
struct MemberPast {
  BehindRows* behind = nullptr;  ///< nullptr: nothing is listed
  bool unknown = false;          ///< nothing tells what it had
};

/// What is known of earlier syncs.
struct MergePast {
  BaselineSource* baseline = nullptr;        ///< nullptr: there is none
  std::span<const KeyedIntents> intents;     ///< in key order
  std::span<const MemberPast> members = {};  ///< empty: all had what the baseline has
};

/// Walks all in step. A chunk ends after each row of the first member whose key's CRC-32 is 0
/// modulo `chunk_rows`. Keys must rise strictly on all members: a server that sorts otherwise than
/// the client expects is a failure (std::runtime_error), never a guess. True: walked to the end.
[[nodiscard]] bool merge_walk(const MergeShape& shape, std::span<RowSource* const> members,
                              const MergePast& past, MergeVisitor& visitor);

}  // namespace rowplan::planner
