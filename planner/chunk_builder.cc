#include "planner/chunk_builder.h"

#include <cassert>

#include "mysql/quote.h"
#include "planner/change_builder.h"
#include "planner/writable.h"

namespace rowplan::planner {

ChunkBuilder::ChunkBuilder(const TablePair& pair, ChangeSink& sink, TieProbe& ties)
    : pair_(pair), sink_(sink), ties_(ties), hasher_(pair.types()) {}

void ChunkBuilder::emit(Change change, const ChunkHash& sum) {
  change.chunk = next_id();
  if (pair_.job.options.split_units) change_sums_.push_back(sum);
  ++changes_;
  sink_.append(change);
}

void ChunkBuilder::check_writable(const mysql::Row& source, const mysql::Row* target) {
  for (std::size_t i = 0; i < pair_.columns.size(); ++i) {
    if (target != nullptr && !cell_differs(source, *target, i)) continue;
    const auto why = why_unwritable(pair_, source, i);
    if (!why || findings_.size() >= kFindingsAtMost) continue;
    std::string key;
    for (std::size_t k = 0; k < pair_.key_columns; ++k)
      key += (k == 0 ? " (" : ", ") +
             mysql::printable(mysql::show(pair_.columns[k].type, source.cell(k)).data);
    if (!key.empty()) key += ")";
    findings_.push_back({"value_unwritable", Severity::error, pair_.job.address,
                         "row" + key + ": " + *why,
                         "change the value on the source, or the target's column"});
  }
}

void ChunkBuilder::equal(const mysql::Row& row) {
  const mysql::RowHash hash = hasher_.hash(row);
  add(source_, hash);
  add(target_, hash);
  add(target_after_, hash);
  source_sum_.add(row);
  target_sum_.add(row);
}

void ChunkBuilder::differs(const mysql::Row& source, const mysql::Row& target) {
  const mysql::RowHash source_hash = hasher_.hash(source);
  const mysql::RowHash target_hash = hasher_.hash(target);
  ChunkHash sum;
  add(sum, source_hash);
  subtract(sum, target_hash);
  add(source_, source_hash);
  add(target_, target_hash);
  add(target_after_, source_hash);
  source_sum_.add(source);
  target_sum_.add(target);
  ++ops_.update;
  check_writable(source, &target);
  ties_.updated(next_id(), source, target);
  emit(update_change(pair_, source, target), sum);
}

void ChunkBuilder::only_source(const mysql::Row& row, const Copies& copies) {
  Change change = insert_change(pair_, row, copies);
  const mysql::RowHash hash = hasher_.hash(row);
  add(source_, hash, change.rows());
  add(target_after_, hash, change.rows());
  source_sum_.add(row);
  ops_.insert += change.rows();
  check_writable(row, nullptr);
  ties_.inserted(next_id(), row);
  ChunkHash sum;
  add(sum, hash, change.rows());
  emit(std::move(change), sum);
}

void ChunkBuilder::only_target(const mysql::Row& row, const Copies& copies) {
  const mysql::RowHash hash = hasher_.hash(row);
  target_sum_.add(row);
  if (pair_.job.options.deletes == Deletes::ignore) {
    assert(!pair_.is_keyless());
    add(target_, hash);
    add(target_after_, hash);
    return;
  }
  Change change = remove_change(pair_, row, copies);
  add(target_, hash, change.rows());
  ops_.remove += change.rows();
  ties_.removed(next_id(), row, copies.count < copies.had);
  ChunkHash sum;
  subtract(sum, hash);
  emit(std::move(change), sum);
}

void ChunkBuilder::stay(const ChunkHash& source, const ChunkHash& target) {
  add(source_, source);
  add(target_, target);
  add(target_after_, target);
}

bool ChunkBuilder::end_chunk(ChunkKind kind, const KeyRange& range) {
  const bool changed = changes_ > 0;
  if (changed) {
    PlanChunk chunk;
    chunk.id = next_id();
    chunk.kind = kind;
    if (range.low) chunk.low = plan_key(pair_, *range.low);
    if (range.high) chunk.high = plan_key(pair_, *range.high);
    chunk.rows = kind == ChunkKind::keys ? changes_ : source_.rows;
    chunk.before = {{pair_.job.source, source_}, {pair_.job.target, target_}};
    chunk.after = {{pair_.job.source, source_}, {pair_.job.target, target_after_}};
    chunk.changes = changes_;
    chunks_.push_back(std::move(chunk));
  }
  start_chunk();
  return changed;
}

void ChunkBuilder::start_chunk() {
  source_ = target_ = target_after_ = {};
  source_sum_ = target_sum_ = {};
  changes_ = 0;
}

void ChunkBuilder::mark(mysql::Session& target) {
  ties_.probe(target);
  ties_.mark();
  sink_.mark();
  marked_ops_ = ops_;
  marked_chunks_ = chunks_.size();
  marked_sums_ = change_sums_.size();
  marked_findings_ = findings_.size();
}

void ChunkBuilder::rollback() {
  ties_.rollback();
  sink_.rollback();
  ops_ = marked_ops_;
  chunks_.resize(marked_chunks_);
  change_sums_.resize(marked_sums_);
  findings_.resize(marked_findings_);
  start_chunk();
}

}  // namespace rowplan::planner
