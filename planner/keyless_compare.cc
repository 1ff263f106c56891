#include "planner/keyless_compare.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "planner/chunk_builder.h"
#include "planner/copy_counts.h"
#include "planner/member_rows.h"
#include "planner/small_table.h"

namespace rowplan::planner {

namespace {

constexpr std::chrono::milliseconds kRecheckPause{50};
constexpr std::uint64_t kTellEveryRows = 16384;

class KeylessComparison {
 public:
  KeylessComparison(const TablePair& pair, const PairCatalog& catalog,
                    const MemberSessions& members, ChangeSink& sink, const CompareOptions& options,
                    PlanObserver& observer)
      : pair_(pair),
        members_(members),
        options_(options),
        observer_(observer),
        ties_(pair, catalog),
        chunks_(pair, sink, ties_),
        hasher_(pair.types()) {}

  TableOutcome run() {
    CopyCounts counts = is_read_at_once(pair_, members_) ? count_at_once() : count({}, true);
    outcome_.differs = !counts.differing().empty();
    const bool enough = options_.stop_at_first && outcome_.differs;
    if (outcome_.complete && outcome_.differs && !enough) counts = settle(std::move(counts));
    outcome_.source_rows = counts.rows(Side::source);
    outcome_.target_rows = counts.rows(Side::target);
    if (outcome_.complete && !enough) build(counts);
    if (snapshots_open_) members_.close_snapshots();
    return std::move(outcome_);
  }

 private:
  [[nodiscard]] bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }

  /// Reads both sides, and keeps the rows that are `wanted`.
  CopyCounts count(const CopyCounts::Differing& wanted, bool new_snapshot) {
    if (new_snapshot) members_.open_snapshots();
    snapshots_open_ = true;
    CopyCounts counts(pair_.job.options.deletes == Deletes::ignore);
    outcome_.complete = read(members_.source, Side::source, wanted, counts) &&
                        read(members_.target, Side::target, wanted, counts);
    if (outcome_.complete) counts.finish();
    return counts;
  }

  /// The first time: which rows differ, another reading has to see again.
  CopyCounts count_at_once() {
    SmallReading rows(pair_, members_, select_range(pair_, Side::source, {}, Locking::none),
                      select_range(pair_, Side::target, {}, Locking::none));
    CopyCounts counts(pair_.job.options.deletes == Deletes::ignore);
    outcome_.complete = read(rows.source(), Side::source, {}, counts) &&
                        read(rows.target(), Side::target, {}, counts);
    if (outcome_.complete) counts.finish();
    return counts;
  }

  bool read(mysql::Session& session, Side side, const CopyCounts::Differing& wanted,
            CopyCounts& counts) {
    StreamRows rows(session, pair_, side, select_range(pair_, side, {}, Locking::none));
    return read(rows, side, wanted, counts);
  }

  /// False: stopped, or too many rows.
  bool read(RowSource& rows, Side side, const CopyCounts::Differing& wanted, CopyCounts& counts) {
    mysql::Row row;
    while (rows.next(row)) {
      const mysql::RowHash hash = hasher_.hash(row);
      counts.add(side, hash);
      if (wanted.count({hash.high, hash.low}) > 0) counts.remember(hash, row);
      const std::uint64_t read = counts.rows(side);
      if (read > pair_.job.options.max_keyless_rows) {
        tell_too_large(side);
        return false;
      }
      if (read % kTellEveryRows != 0) continue;
      observer_.table_progress(pair_.job.address, counts.rows(Side::source), 0);
      if (stopped()) return false;
    }
    return !stopped();
  }

  void tell_too_large(Side side) {
    outcome_.findings.push_back(
        {"keyless_too_large", Severity::error, pair_.job.address,
         "no key, and more rows on " + pair_.server(side) + " than max_keyless_rows (" +
             std::to_string(pair_.job.options.max_keyless_rows) + "): not compared",
         "add a key, or raise max_keyless_rows"});
  }

  /// Reads again in newer snapshots until two readings in a row saw the same differences, or
  /// `recheck` readings are over: so that rows that were caught between two commits vanish. The
  /// result has the rows that differ.
  CopyCounts settle(CopyCounts before) {
    const unsigned rounds = pair_.job.options.recheck;
    for (unsigned round = 1;; ++round) {
      observer_.table_recheck(pair_.job.address, before.differing().size(), round);
      if (round > 1) std::this_thread::sleep_for(kRecheckPause * (1U << (round - 1)));
      CopyCounts now = count(before.differing(), true);
      const bool settled = now.differing().empty() || now.differing() == before.differing();
      if (!outcome_.complete || settled) return now;
      if (round >= rounds) return with_rows(now);
      before = std::move(now);
    }
  }

  /// The same once more from the same snapshots, now that it is known which rows differ.
  CopyCounts with_rows(const CopyCounts& seen) {
    CopyCounts now = count(seen.differing(), false);
    if (outcome_.complete && now.differing() != seen.differing())
      throw std::runtime_error(pair_.job.address +
                               ": rows changed within a snapshot; plan while nothing writes to it");
    return now;
  }

  void build(const CopyCounts& counts) {
    if (!counts.differing().empty()) build_chunk(counts);
    outcome_.ops = chunks_.ops();
    outcome_.ops.kept = counts.kept();
    outcome_.differs = outcome_.ops.changes() > 0;
    outcome_.chunks = chunks_.take_chunks();
    for (const Finding& finding : chunks_.findings()) outcome_.findings.push_back(finding);
    outcome_.ties = ties_.take();
  }

  void build_chunk(const CopyCounts& counts) {
    chunks_.stay(counts.staying(Side::source), counts.staying(Side::target));
    // By their bytes, whatever the order in which they were read.
    using Entry = CopyCounts::Differing::value_type;
    std::vector<std::pair<const mysql::Row*, const Entry*>> rows;
    for (const Entry& entry : counts.differing())
      rows.emplace_back(&counts.row(entry.first), &entry);
    std::sort(rows.begin(), rows.end(),
              [](const auto& a, const auto& b) { return a.first->bytes() < b.first->bytes(); });
    for (const auto& [row, entry] : rows) {
      const auto& [source, target] = entry->second;
      if (source > target)
        chunks_.only_source(*row, {source - target, target});
      else
        chunks_.only_target(*row, {target - source, target});
    }
    chunks_.end_chunk(ChunkKind::range, {});
    chunks_.mark(members_.target);
  }

  const TablePair& pair_;
  MemberSessions members_;
  const CompareOptions& options_;
  PlanObserver& observer_;
  TieProbe ties_;
  ChunkBuilder chunks_;
  mysql::RowHasher hasher_;
  bool snapshots_open_ = false;
  TableOutcome outcome_;
};

}  // namespace

TableOutcome compare_keyless(const TablePair& pair, const PairCatalog& catalog,
                             const MemberSessions& members, ChangeSink& sink,
                             const CompareOptions& options, PlanObserver& observer) {
  assert(pair.is_keyless());
  return KeylessComparison(pair, catalog, members, sink, options, observer).run();
}

}  // namespace rowplan::planner
