#include "planner/two_way_compare.h"

#include <list>
#include <optional>
#include <span>

#include "mysql/quote.h"
#include "planner/audit_trail.h"
#include "planner/baseline_rows.h"
#include "planner/member_pasts.h"
#include "planner/member_rows.h"
#include "planner/merge_chunks.h"
#include "planner/merged_changes.h"
#include "planner/read_ahead.h"
#include "planner/refusal.h"
#include "planner/two_way_table.h"
#include "planner/two_way_window.h"

namespace rowplan::planner {

namespace {

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

bool has_no_row(mysql::Session& session, const TablePair& view) {
  const mysql::TableName& name = view.target.name;
  return session
      .query("SELECT 1 FROM " + mysql::quote_table(name.db, name.table) + " LIMIT 1",
             "looking for rows of " + view.job.address)
      .empty();
}

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
  std::optional<MemberPasts> pasts;
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
  MergedChanges merged(task, shape, sink, outcome);
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
