#include "planner/two_way_compare.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <list>
#include <optional>
#include <set>
#include <span>

#include "mysql/quote.h"
#include "mysql/write_position.h"
#include "planner/address.h"
#include "planner/audit_trail.h"
#include "planner/baseline_rows.h"
#include "planner/change_builder.h"
#include "planner/chunk_builder.h"
#include "planner/member_rows.h"
#include "planner/merge_chunks.h"
#include "planner/read_ahead.h"
#include "planner/refusal.h"
#include "planner/two_way_table.h"
#include "planner/two_way_window.h"
#include "planner/writable.h"
#include "state/behind_lists.h"
#include "state/clock.h"
#include "state/sync_positions.h"

namespace rowplan::planner {

namespace {

constexpr std::uint64_t kProbeEvery = 1000;  // writes
constexpr std::uint64_t kTellEveryRows = 16384;

/// One member's rows, read by a thread of their own.
class MemberRows : public RowSource {
 public:
  MemberRows(mysql::Session& session, const TablePair& view)
      : stream_(session, view, Side::target, select_range(view, Side::target, {}, Locking::none)),
        ahead_(stream_) {}
  bool next(mysql::Row& row) override { return ahead_.next(row); }

 private:
  StreamRows stream_;
  ReadAhead ahead_;
};

/// Where merged rows become changes, ties and moves of the baseline.
class Sink : public MergeSink {
 public:
  Sink(const TwoWayTask& task, const MergeShape& shape, ChangeSink& changes, TwoWayOutcome& outcome)
      : task_(task), shape_(shape), changes_(changes), outcome_(outcome) {
    for (const TablePair& view : *task.pair.views) ties_.emplace_back(view, task.catalog);
  }

  void write(const MergeWrite& write) override {
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

  void conflict(std::uint64_t chunk, const mysql::Row& /*key*/, const MergeInput& rows,
                const MergeDecision& decision) override {
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

  void intent(std::uint64_t chunk, const mysql::Row& key, const MergeIntent& intent) override {
    if (task_.moves != nullptr)
      task_.moves->append({BaselineEntry::Kind::intent, chunk, std::string(key.bytes()),
                           std::nullopt, intent_value(shape_, intent), 0});
  }

  void baseline(std::uint64_t chunk, const std::vector<BaselineMove>& moves) override {
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
  void probe() {
    for (std::size_t m = 0; m < ties_.size(); ++m) {
      ties_[m].probe(*task_.askers[m]);
      ties_[m].mark();
    }
    changes_.mark();
    unprobed_ = 0;
  }

  /// With chunks as the plan has them.
  void finish(const std::vector<MergedChunk>& chunks) {
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

 private:
  struct Lines {
    std::uint64_t all = 0;
    std::uint64_t conflicts = 0;
  };

  Lines& line_of(std::uint64_t chunk) {
    if (lines_.size() < chunk) lines_.resize(chunk);
    return lines_[chunk - 1];
  }

  void append(Change change, std::uint64_t chunk) {
    change.chunk = chunk;
    ++line_of(chunk).all;
    changes_.append(change);
  }

  [[nodiscard]] std::string reason_of(const Conflict& conflict) const {
    const Pick& pick = conflict.pick;
    if (conflict.kind == ConflictKind::unique || conflict.kind == ConflictKind::reference)
      return conflict_kind_name(conflict.kind);
    if (pick.because == Undecided::none) return resolve_name(pick.by);
    return undecided_name(pick.because);
  }

  [[nodiscard]] std::optional<ChangeResolution> resolution_of(const MergeDecision& decision) const {
    const Conflict& conflict = *decision.conflict;
    if (decision.outcome == MergeOutcome::unresolved) return std::nullopt;
    const std::string by = resolve_name(conflict.pick.by);
    if (decision.outcome == MergeOutcome::skipped) return ChangeResolution{"skip", by};
    if (!conflict.cells.empty()) return ChangeResolution{"columns", by};
    return ChangeResolution{shape_.members[*conflict.pick.member], by};
  }

  [[nodiscard]] PlanChunk plan_chunk(const MergedChunk& merged) const {
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

  void check_writable(const TablePair& view, const mysql::Row& row, const mysql::Row* before) {
    for (std::size_t i = 0; i < view.columns.size(); ++i) {
      if (before != nullptr && !cell_differs(row, *before, i)) continue;
      const auto why = why_unwritable(view, row, i);
      if (!why || findings_.size() >= kFindingsAtMost) continue;
      findings_.push_back({"value_unwritable", Severity::error, view.job.address,
                           "on " + view.job.target + ": " + *why,
                           "change the value, or the column there"});
    }
  }

  const TwoWayTask& task_;
  const MergeShape& shape_;
  ChangeSink& changes_;
  TwoWayOutcome& outcome_;
  std::vector<TieProbe> ties_;  // of each member
  std::vector<Lines> lines_;    // of each chunk that is kept, and of the one under way
  std::uint64_t unprobed_ = 0;
  Findings findings_;
};

/// Tells how far it is, and when to stop.
class Watched : public MergeVisitor {
 public:
  Watched(const TwoWayTask& task, const MergeChunkBuilder& builder, MergeVisitor& next,
          const CompareOptions& options, PlanObserver& observer)
      : task_(task), builder_(builder), next_(next), options_(options), observer_(observer) {}

  void row(const mysql::Row& key, const MergeInput& input) override { next_.row(key, input); }
  void chunk_end(const KeyRange& range) override { next_.chunk_end(range); }
  bool stop() override {
    if (builder_.rows(0) >= told_ + kTellEveryRows) {
      told_ = builder_.rows(0);
      observer_.table_progress(task_.pair.job.address, told_, builder_.chunks().size());
    }
    const bool stopped = options_.stop != nullptr && *options_.stop;
    return stopped || (options_.stop_at_first && !builder_.chunks().empty());
  }

 private:
  const TwoWayTask& task_;
  const MergeChunkBuilder& builder_;
  MergeVisitor& next_;
  const CompareOptions& options_;
  PlanObserver& observer_;
  std::uint64_t told_ = 0;
};

const std::string& server_of(const TwoWayTask& task, std::size_t member) {
  return (*task.pair.views)[member].job.target;
}

/// What a spoke had can be forgotten for itself.
std::string rebased(const TwoWayTask& task, std::size_t member) {
  const TableJob& job = task.pair.job;
  if (member == 0 || job.spokes.empty()) return job.address;
  return with_spoke({job.address, server_of(task, member)});
}

[[noreturn]] void refuse(const TwoWayTask& task, std::size_t member, const std::string& what) {
  throw Refusal(RefusalReason::state, task.pair.job.address + ": " + what,
                "see what happened to that server; if what is there now is right: rowplan state "
                "rebase " +
                    rebased(task, member) + ", and the next sync deletes nothing of it");
}

/// A backup that was put back has lost rows that nobody deleted.
void need_same_members(const TwoWayTask& task, const state::BaselineInfo& baseline) {
  std::set<std::string> unknown;  // whatever they were before
  for (const state::BehindInfo& list : state::BehindLists(*task.store).of(baseline))
    if (list.kind == state::BehindKind::unknown) unknown.insert(list.member);
  for (std::size_t m = 0; m < task.readers.size(); ++m) {
    const std::string& server = server_of(task, m);
    if (unknown.count(server) > 0) continue;
    const auto known =
        state::SyncPositions(*task.store).find(member_address(task.pair.job.address, server));
    if (!known) continue;
    if (known->target != task.identities.at(server))
      refuse(task, m, "'" + server + "' is another server than at the last sync");
    if (!mysql::position_contains(*task.askers[m], known->target_position))
      refuse(task, m,
             "'" + server +
                 "' does not hold all that it held at the last sync, as after a restore from "
                 "a backup");
  }
}

/// Rows that are gone everywhere else but here nobody deleted one by one. `had`: what each member
/// had at its last sync; 0 of one that has rows.
void need_not_emptied(const TwoWayTask& task, const std::vector<std::uint64_t>& had,
                      const std::vector<bool>& empty) {
  const bool all = std::find(empty.begin(), empty.end(), false) == empty.end();
  for (std::size_t m = 0; m < empty.size() && !all; ++m)
    if (empty[m] && had[m] > 0)
      refuse(task, m,
             "the table is empty on '" + server_of(task, m) + "', and had " +
                 std::to_string(had[m]) + " rows at its last sync");
}

bool has_no_row(mysql::Session& session, const TablePair& view) {
  const mysql::TableName& name = view.target.name;
  return session
      .query("SELECT 1 FROM " + mysql::quote_table(name.db, name.table) + " LIMIT 1",
             "looking for rows of " + view.job.address)
      .empty();
}

/// What the members that missed syncs had.
class Pasts {
 public:
  Pasts(const TwoWayTask& task, const MergeShape& shape, const state::BaselineInfo& baseline,
        Findings& findings)
      : members_(shape.members.size()) {
    for (const state::BehindInfo& list : state::BehindLists(*task.store).of(baseline)) {
      const auto found = std::find(shape.members.begin(), shape.members.end(), list.member);
      if (found == shape.members.end()) continue;
      const auto m = static_cast<std::size_t>(found - shape.members.begin());
      need_in_time(task, m, list);
      members_[m].unknown = list.kind == state::BehindKind::unknown;
      if (members_[m].unknown)
        findings.push_back({"baseline_missing", Severity::warning, shape.address,
                            "no earlier sync of '" + list.member +
                                "' is known: it deletes nothing, gets the rows that it lacks, and "
                                "rows that differ are conflicts",
                            ""});
      if (list.rows > 0)
        members_[m].behind = &behind_.emplace_back(*task.store, shape, baseline, list);
    }
  }

  [[nodiscard]] std::span<const MemberPast> members() const { return members_; }

 private:
  static void need_in_time(const TwoWayTask& task, std::size_t m, const state::BehindInfo& list) {
    const auto kept = std::chrono::days(task.pair.job.tombstone_days);
    const bool late = !list.since.empty() && list.kind == state::BehindKind::listed &&
                      list.since < state::rfc3339_utc(std::chrono::system_clock::now() - kept);
    if (late || list.kind == state::BehindKind::expired)
      refuse(task, m,
             "'" + list.member + "' has missed all syncs since " + list.since +
                 ", for longer than tombstone_days (" +
                 std::to_string(task.pair.job.tombstone_days) + ")");
  }

  std::list<BehindRows> behind_;
  std::vector<MemberPast> members_;
};

/// In the readers' snapshots. False: not to the end.
bool merge_all(const TwoWayTask& task, const MergeShape& shape,
               const std::optional<state::BaselineInfo>& info,
               const std::vector<KeyedIntents>& intents, Findings& findings,
               MergeVisitor& visitor) {
  std::list<MemberRows> rows;
  std::vector<RowSource*> sources;
  for (std::size_t m = 0; m < task.readers.size(); ++m)
    sources.push_back(&rows.emplace_back(*task.readers[m], (*task.pair.views)[m]));
  std::optional<BaselineRows> baseline;
  std::optional<Pasts> pasts;
  if (info) {
    baseline.emplace(*task.store, shape, *info);
    pasts.emplace(task, shape, *info, findings);
  }
  const MergePast past{baseline ? &*baseline : nullptr, intents,
                       pasts ? pasts->members() : std::span<const MemberPast>()};
  return merge_walk(shape, sources, past, visitor);
}

}  // namespace

TwoWayOutcome compare_two_way(const TwoWayTask& task, ChangeSink& sink,
                              const CompareOptions& options, PlanObserver& observer) {
  const MergeShape shape = merge_shape_of(task.pair);
  TwoWayOutcome outcome;
  for (const std::string& server : shape.members) outcome.on[server];
  std::optional<state::BaselineInfo> info;
  std::vector<KeyedIntents> intents;
  if (task.store != nullptr) {
    info = state::Baselines(*task.store).find_fitting(shape.address, baseline_fits(task.pair));
    intents = read_intents(*task.store, shape);
  }
  if (info) {
    need_same_members(task, *info);
    outcome.baseline.from = baseline_name(*info);
    outcome.baseline.rows = info->rows;
  }
  if (!info && task.pair.job.require_baseline)
    throw Refusal(RefusalReason::state,
                  shape.address + ": no earlier sync is known, and require_baseline is set",
                  "for a first sync, which deletes nothing: require_baseline = false");
  Sink merged(task, shape, sink, outcome);
  const bool by_window = is_by_window(task.windows);
  if (by_window && !info)
    throw Refusal(RefusalReason::temporary,
                  shape.address + ": its baseline was forgotten while its windows were read",
                  "plan again");
  const MergeRules rules = merge_rules_of(task.pair);
  MergeChunkBuilder builder(shape, rules, merged, task.held,
                            by_window ? ChunkKind::keys : ChunkKind::range);
  const auto look_up = [&](std::size_t member, const std::vector<std::string>& keys) {
    return newest_entries(*task.askers[member], (*task.pair.audit_logs)[member], keys);
  };
  AuditTrail audited(task.pair, rules, task.held, look_up, builder);
  Watched visitor(task, builder, audited, options, observer);
  for (mysql::Session* reader : task.readers) reader->begin_consistent_snapshot();
  Findings findings;
  const bool whole = by_window ? merge_windows(task, shape, *info, intents, visitor)
                               : merge_all(task, shape, info, intents, findings, visitor);
  if (whole) audited.flush();
  std::vector<bool> empty;
  std::vector<std::uint64_t> had;
  for (std::size_t m = 0; m < shape.members.size(); ++m) {
    empty.push_back(builder.rows(m) == 0 &&
                    (!by_window || has_no_row(*task.readers[m], (*task.pair.views)[m])));
    had.push_back(by_window ? info->rows : builder.had(m));
  }
  for (mysql::Session* reader : task.readers) reader->rollback();
  outcome.table.source_rows = builder.rows(0);
  outcome.table.target_rows = builder.rows(1);
  for (std::size_t m = 0; m < shape.members.size(); ++m)
    outcome.on[shape.members[m]].rows = builder.rows(m);
  outcome.table.differs = !builder.chunks().empty();
  if (!whole) return outcome;
  if (info) need_not_emptied(task, had, empty);
  merged.finish(builder.chunks());
  for (Finding& finding : findings) outcome.table.findings.push_back(std::move(finding));
  if (!info)
    outcome.table.findings.push_back(
        {"baseline_missing", Severity::warning, shape.address,
         "no earlier sync is known: nothing is deleted, each member gets the rows that others "
         "have, and rows that differ are conflicts",
         ""});
  if (task.moves != nullptr) outcome.baseline.path = task.moves->close();
  outcome.table.complete = options.stop == nullptr || !*options.stop;
  return outcome;
}

}  // namespace rowplan::planner
