#include "planner/table_compare.h"

#include "planner/checksum_compare.h"
#include "planner/keyless_compare.h"
#include "planner/keys_compare.h"
#include "planner/second_reading.h"

namespace rowplan::planner {

namespace {

constexpr std::size_t kRunChunks = 32;  // neighbours read with one query
constexpr std::uint64_t kTellEveryRows = 16384;

/// First reading: which chunks differ?
class Detector : public ChunkVisitor {
 public:
  Detector(const TablePair& pair, const CompareOptions& options, PlanObserver& observer)
      : pair_(pair), options_(options), observer_(observer) {}

  void equal(const mysql::Row& row) override {
    chunk_.source.add(row);
    chunk_.target.add(row);
    ++source_rows;
    ++target_rows;
  }
  void differs(const mysql::Row& source, const mysql::Row& target) override {
    chunk_.source.add(source);
    chunk_.target.add(target);
    ++source_rows;
    ++target_rows;
    differs_ = true;
  }
  void only_source(const mysql::Row& row) override {
    chunk_.source.add(row);
    ++source_rows;
    differs_ = true;
  }
  void only_target(const mysql::Row& row) override {
    chunk_.target.add(row);
    ++target_rows;
    if (pair_.job.options.deletes == Deletes::ignore)
      ++kept;
    else
      differs_ = true;
  }
  void chunk_end(const KeyRange& range) override {
    if (differs_) {
      chunk_.range = range;
      found.push_back(chunk_);
    }
    chunk_ = {};
    differs_ = false;
  }
  bool stop() override {
    if (source_rows >= told_ + kTellEveryRows) {
      told_ = source_rows;
      observer_.table_progress(pair_.job.address, source_rows, found.size());
    }
    if (options_.stop != nullptr && options_.stop->load()) return true;
    return options_.stop_at_first && !found.empty();
  }

  std::vector<SeenChunk> found;
  std::uint64_t source_rows = 0;
  std::uint64_t target_rows = 0;
  std::uint64_t kept = 0;

 private:
  const TablePair& pair_;
  const CompareOptions& options_;
  PlanObserver& observer_;
  SeenChunk chunk_;
  bool differs_ = false;
  std::uint64_t told_ = 0;
};

class RangeComparison {
 public:
  RangeComparison(const TablePair& pair, const PairCatalog& catalog, mysql::Session& source,
                  mysql::Session& target, ChangeSink& sink, const CompareOptions& options,
                  PlanObserver& observer)
      : pair_(pair),
        members_{source, target},
        options_(options),
        observer_(observer),
        ties_(pair, catalog),
        chunks_(pair, sink, ties_) {}

  TableOutcome run() {
    Detector detector(pair_, options_, observer_);
    const bool whole = read({}, detector);
    TableOutcome outcome;
    outcome.source_rows = detector.source_rows;
    outcome.target_rows = detector.target_rows;
    outcome.differs = !detector.found.empty();
    if (!whole) return outcome;
    if (!detector.found.empty()) {
      observer_.table_recheck(pair_.job.address, detector.found.size(), 1);
      read_again(detector.found);
    }
    outcome.ops = chunks_.ops();
    outcome.ops.kept = detector.kept;
    outcome.differs = outcome.ops.changes() > 0;
    outcome.chunks = chunks_.take_chunks();
    outcome.change_sums = chunks_.take_change_sums();
    outcome.findings = chunks_.findings();
    outcome.ties = ties_.take();
    outcome.complete = !stopped();
    return outcome;
  }

 private:
  [[nodiscard]] bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }

  bool read(const KeyRange& range, ChunkVisitor& visitor) {
    members_.open_snapshots();
    return read_in_snapshot(pair_, members_, range, visitor);
  }

  /// Reads the chunks that differ again, neighbours together, until what two readings in a row saw
  /// is the same, or `recheck` readings are over: so that rows that were caught between two commits
  /// vanish.
  void read_again(const std::vector<SeenChunk>& seen) {
    members_.open_snapshots();
    SecondReading again(pair_, members_, chunks_, observer_);
    std::size_t begin = 0;
    while (begin < seen.size() && !stopped()) {
      std::size_t end = begin + 1;
      while (end < seen.size() && end - begin < kRunChunks && seen[end - 1].range.high &&
             same_bound(seen[end - 1].range.high, seen[end].range.low))
        ++end;
      again.read_run({seen.begin() + static_cast<std::ptrdiff_t>(begin),
                      seen.begin() + static_cast<std::ptrdiff_t>(end)});
      begin = end;
    }
    members_.close_snapshots();
  }

  const TablePair& pair_;
  MemberSessions members_;
  const CompareOptions& options_;
  PlanObserver& observer_;
  TieProbe ties_;
  ChunkBuilder chunks_;
};

}  // namespace

TableOutcome compare_table(const TablePair& pair, const PairCatalog& catalog,
                           mysql::Session& source, mysql::Session& target, ChangeSink& sink,
                           const CompareOptions& options, PlanObserver& observer) {
  if (pair.is_keyless())
    return compare_keyless(pair, catalog, source, target, sink, options, observer);
  if (!pair.index_order)
    return compare_by_keys(pair, catalog, source, target, sink, options, observer);
  if (options.by_checksum)
    return compare_by_checksum(pair, catalog, source, target, sink, options, observer);
  return RangeComparison(pair, catalog, source, target, sink, options, observer).run();
}

}  // namespace rowplan::planner
