#include "planner/merged_changes.h"

#include <cassert>
#include <utility>

#include "planner/audit_trail.h"
#include "planner/baseline_rows.h"
#include "planner/change_builder.h"
#include "planner/chunk_builder.h"
#include "planner/writable.h"

namespace rowplan::planner {

namespace {

constexpr std::uint64_t kProbeEvery = 1000;  // writes

std::string reason_of(const Conflict& conflict) {
  const Pick& pick = conflict.pick;
  if (conflict.kind == ConflictKind::unique || conflict.kind == ConflictKind::reference)
    return conflict_kind_name(conflict.kind);
  if (pick.because == Undecided::none) return resolve_name(pick.by);
  return undecided_name(pick.because);
}

}  // namespace

MergedChanges::MergedChanges(const TwoWayTask& task, const MergeShape& shape, ChangeSink& changes,
                             TwoWayOutcome& outcome)
    : task_(task), shape_(shape), changes_(changes), outcome_(outcome) {
  for (const TablePair& view : *task.pair.views) ties_.emplace_back(view, task.catalog);
}

void MergedChanges::write(const MergeWrite& write) {
  const TablePair& view = (*task_.pair.views)[write.member];
  TieProbe& ties = ties_[write.member];
  const auto chunk = static_cast<std::uint32_t>(write.chunk);
  Ops& ops = outcome_.on[view.job.target].ops;
  Change change;
  switch (write.op) {
    case Op::insert:
      change = insert_change(view, *write.after);
      ties.inserted(chunk, *write.after);
      ++ops.insert;
      break;
    case Op::update:
      change = update_change(view, *write.after, *write.before);
      ties.updated(chunk, *write.after, *write.before);
      ++ops.update;
      break;
    case Op::remove:
      change = remove_change(view, *write.before);
      ties.removed(chunk, *write.before);
      ++ops.remove;
      break;
    case Op::conflict:
      assert(false);
      break;
  }
  if (write.after != nullptr) check_writable(view, *write.after, write.before);
  if (change.reason != "key_differs")
    change.reason = write.conflict != nullptr ? "conflict" : "merged";
  append(std::move(change), write.chunk);
  if (++unprobed_ >= kProbeEvery) probe();
}

void MergedChanges::conflict(std::uint64_t chunk, const mysql::Row& /*key*/, const MergeInput& rows,
                             const MergeDecision& decision) {
  const Conflict& found = *decision.conflict;
  Change change;
  change.op = Op::conflict;
  ChangeConflict& line = change.conflict.emplace();
  line.kind = conflict_kind_name(found.kind);
  const mysql::Row* any = nullptr;
  for (std::size_t m = 0; m < shape_.members.size(); ++m) {
    line.did.emplace_back(shape_.members[m], row_state_name(found.states[m]));
    line.rows.emplace_back(shape_.members[m], std::nullopt);
    if (rows.rows[m] == nullptr) continue;
    if (any == nullptr) any = rows.rows[m];
    line.rows.back().second = whole_row(task_.pair, *rows.rows[m]);
  }
  assert(any != nullptr);
  line.audit = who_changed(task_.pair, found, rows);
  change.key = plan_key(task_.pair, *any);
  change.reason = reason_of(found);
  line.resolution = resolution_of(decision);
  if (!line.resolution) ++outcome_.unresolved;
  ++outcome_.table.ops.conflict;
  line_of(chunk).conflicts += 1;
  append(std::move(change), chunk);
}

void MergedChanges::intent(std::uint64_t chunk, const mysql::Row& key, const MergeIntent& intent) {
  if (task_.moves != nullptr)
    task_.moves->append({BaselineEntry::Kind::intent, chunk, std::string(key.bytes()), std::nullopt,
                         intent_value(shape_, intent), 0});
}

void MergedChanges::baseline(std::uint64_t chunk, const std::vector<BaselineMove>& moves) {
  if (task_.moves == nullptr) return;
  for (const BaselineMove& move : moves) {
    BaselineEntry entry{
        BaselineEntry::Kind::move, chunk, std::string(move.key.bytes()), std::nullopt, "", 0};
    if (move.row) entry.value = baseline_value(*move.row);
    if (move.option) {
      entry.kind = BaselineEntry::Kind::option;
      entry.intent = intent_value(shape_, move.option->intent);
      entry.member = move.option->member;
    }
    task_.moves->append(entry);
  }
}

/// Asks each member about the rows noted since the last time.
void MergedChanges::probe() {
  for (std::size_t m = 0; m < ties_.size(); ++m) {
    ties_[m].probe(*task_.askers[m]);
    ties_[m].mark();
  }
  changes_.mark();
  unprobed_ = 0;
}

void MergedChanges::finish(const std::vector<MergedChunk>& chunks) {
  probe();
  for (TieProbe& ties : ties_) outcome_.ties.push_back(ties.take());
  for (const MergedChunk& merged : chunks) outcome_.table.chunks.push_back(plan_chunk(merged));
  for (const auto& [server, member] : outcome_.on) {
    outcome_.table.ops.insert += member.ops.insert;
    outcome_.table.ops.update += member.ops.update;
    outcome_.table.ops.remove += member.ops.remove;
  }
  outcome_.table.findings = std::move(findings_);
}

MergedChanges::Lines& MergedChanges::line_of(std::uint64_t chunk) {
  if (lines_.size() < chunk) lines_.resize(chunk);
  return lines_[chunk - 1];
}

void MergedChanges::append(Change change, std::uint64_t chunk) {
  change.chunk = chunk;
  ++line_of(chunk).all;
  changes_.append(change);
}

std::optional<ChangeResolution> MergedChanges::resolution_of(const MergeDecision& decision) const {
  const Conflict& conflict = *decision.conflict;
  if (decision.outcome == MergeOutcome::unresolved) return std::nullopt;
  const std::string by = resolve_name(conflict.pick.by);
  if (decision.outcome == MergeOutcome::skipped) return ChangeResolution{"skip", by};
  if (!conflict.cells.empty()) return ChangeResolution{"columns", by};
  return ChangeResolution{shape_.members[*conflict.pick.member], by};
}

PlanChunk MergedChanges::plan_chunk(const MergedChunk& merged) const {
  PlanChunk chunk;
  chunk.id = merged.id;
  if (is_by_window(task_.windows)) chunk.kind = ChunkKind::keys;
  if (merged.range.low) chunk.low = plan_key(task_.pair, *merged.range.low);
  if (merged.range.high) chunk.high = plan_key(task_.pair, *merged.range.high);
  chunk.rows = chunk.kind == ChunkKind::keys ? merged.keys : merged.before.front().rows;
  for (std::size_t m = 0; m < shape_.members.size(); ++m) {
    chunk.before[shape_.members[m]] = merged.before[m];
    chunk.after[shape_.members[m]] = merged.after[m];
  }
  chunk.changes = lines_[merged.id - 1].all;
  chunk.conflicts = lines_[merged.id - 1].conflicts;
  return chunk;
}

void MergedChanges::check_writable(const TablePair& view, const mysql::Row& row,
                                   const mysql::Row* before) {
  for (std::size_t i = 0; i < view.columns.size(); ++i) {
    if (before != nullptr && !cell_differs(row, *before, i)) continue;
    const auto why = why_unwritable(view, row, i);
    if (!why || findings_.size() >= kFindingsAtMost) continue;
    findings_.push_back({"value_unwritable", Severity::error, view.job.address,
                         "on " + view.job.target + ": " + *why,
                         "change the value, or the column there"});
  }
}

}  // namespace rowplan::planner
