#include "planner/table_compare.h"

#include <optional>
#include <utility>
#include <vector>

#include "planner/checksum_compare.h"
#include "planner/chunk_buffer.h"
#include "planner/chunk_builder.h"
#include "planner/chunk_visitor.h"
#include "planner/keyless_compare.h"
#include "planner/keys_compare.h"
#include "planner/member_rows.h"
#include "planner/replica_compare.h"
#include "planner/second_reading.h"
#include "planner/small_table.h"

namespace rowplan::planner {

namespace {

constexpr std::size_t kRunChunks = 32;  // neighbours read with one query
constexpr std::uint64_t kTellEveryRows = 16384;

/// Rows that differ, by their keys, with what was seen of them.
struct Doubts {
  std::vector<mysql::Row> keys;
  FastSum source;
  FastSum target;
  std::vector<SeenChunk> chunks;  ///< that hold them
};

/// Hands a chunk's rows to its builder, and notes those that differ.
class Replay : public ChunkVisitor {
 public:
  Replay(const TablePair& pair, ChunkBuilder& chunks, Doubts& doubts)
      : pair_(pair), chunks_(chunks), doubts_(doubts) {}
  void equal(const mysql::Row& row) override { chunks_.equal(row); }
  void differs(const mysql::Row& source, const mysql::Row& target) override {
    chunks_.differs(source, target);
    doubt(&source, &target);
  }
  void only_source(const mysql::Row& row) override {
    chunks_.only_source(row);
    doubt(&row, nullptr);
  }
  void only_target(const mysql::Row& row) override {
    chunks_.only_target(row);
    if (pair_.job.options.deletes == Deletes::apply) doubt(nullptr, &row);
  }
  void chunk_end(const KeyRange& /*range*/) override {}

 private:
  void doubt(const mysql::Row* source, const mysql::Row* target) {
    doubts_.keys.push_back(key_of(pair_, source != nullptr ? *source : *target));
    if (source != nullptr) doubts_.source.add(*source);
    if (target != nullptr) doubts_.target.add(*target);
  }

  const TablePair& pair_;
  ChunkBuilder& chunks_;
  Doubts& doubts_;
};

/// Reads the range once, in step. Chunks that differ are built at once, but stand only when a later
/// look at the rows that differ, in newer snapshots, sees the same: so that rows that were caught
/// between two commits vanish. So the first look may go on in newer snapshots, where a chunk ended.
class RangeComparison : public ChunkVisitor {
 public:
  RangeComparison(const TablePair& pair, const PairCatalog& catalog, const KeyRange& range,
                  MemberSessions members, const SpareSessions& spare, ChangeSink& sink,
                  const CompareOptions& options, PlanObserver& observer)
      : pair_(pair),
        range_(range),
        members_(members),
        spare_(spare),
        options_(options),
        observer_(observer),
        rests_(pair, options.rests),
        ties_(pair, catalog),
        chunks_(pair, sink, ties_),
        buffer_(pair.job.options.chunk_bytes) {}

  TableOutcome run() {
    const bool whole = read_with_rests();
    if (whole) confirm();
    if (spare_members_) spare_members_->close_snapshots();
    outcome_.source_rows = source_rows_;
    outcome_.target_rows = target_rows_;
    outcome_.differs = differs_seen_;
    if (!whole) return std::move(outcome_);
    outcome_.ops = chunks_.ops();
    outcome_.ops.kept = kept_;
    outcome_.differs = outcome_.ops.changes() > 0;
    outcome_.chunks = chunks_.take_chunks();
    outcome_.change_sums = chunks_.take_change_sums();
    outcome_.findings = chunks_.findings();
    outcome_.ties = ties_.take();
    outcome_.complete = !stopped();
    return std::move(outcome_);
  }

  // --- the first reading

  void equal(const mysql::Row& row) override {
    buffer_.equal(row);
    ++source_rows_;
    ++target_rows_;
  }
  void differs(const mysql::Row& source, const mysql::Row& target) override {
    buffer_.differs(source, target);
    ++source_rows_;
    ++target_rows_;
    differs_ = true;
  }
  void only_source(const mysql::Row& row) override {
    buffer_.only_source(row);
    ++source_rows_;
    differs_ = true;
  }
  void only_target(const mysql::Row& row) override {
    buffer_.only_target(row);
    ++target_rows_;
    if (pair_.job.options.deletes == Deletes::ignore)
      ++kept_;
    else
      differs_ = true;
  }
  void chunk_end(const KeyRange& range) override {
    if (differs_) take_chunk(range);
    buffer_.clear();
    differs_ = false;
    ended_ = {range.high, source_rows_, target_rows_, kept_};
    any_ended_ = true;
  }
  bool stop() override {
    if (source_rows_ >= told_ + kTellEveryRows) {
      told_ = source_rows_;
      observer_.table_progress(pair_.job.address, source_rows_, chunks_.chunks().size());
    }
    if (stopped() || (options_.stop_at_first && (differs_ || differs_seen_))) return true;
    resting_ = any_ended_ && rests_.due();
    return resting_;
  }

 private:
  /// False: it was stopped.
  bool read_with_rests() {
    KeyRange left = range_;
    while (!stopped()) {
      rests_.reopen(members_);
      any_ended_ = false;
      resting_ = false;
      const bool whole = read(left);
      if (!resting_) return whole;
      go_back();
      left.low = ended_.high;
      std::vector<MemberSessions> all{members_};
      if (spare_members_) all.push_back(*spare_members_);
      rests_.rest(all);
    }
    return false;
  }

  bool read(const KeyRange& range) {
    if (!range.low && !range.high && is_read_at_once(pair_, members_)) {
      SmallReading rows(pair_, members_, select_range(pair_, Side::source, {}, Locking::none),
                        select_range(pair_, Side::target, {}, Locking::none));
      rests_.opened();
      return walk(pair_, {}, rows.source(), rows.target(), true, *this);
    }
    members_.open_snapshots();
    rests_.opened();
    const bool whole = read_in_snapshot(pair_, members_, range, *this);
    members_.close_snapshots();
    return whole;
  }

  /// To where the last chunk ended.
  void go_back() {
    buffer_.clear();
    differs_ = false;
    source_rows_ = ended_.source_rows;
    target_rows_ = ended_.target_rows;
    kept_ = ended_.kept;
  }

  [[nodiscard]] bool stopped() const {
    const auto is_set = [](const std::atomic<bool>* flag) { return flag != nullptr && *flag; };
    return is_set(options_.stop) || is_set(options_.others_ended);
  }

  void take_chunk(const KeyRange& range) {
    differs_seen_ = true;
    if (buffer_.overflowed()) {
      confirm();
      observer_.table_recheck(pair_.job.address, 1, 1);
      spare().open_snapshots();
      read_again({range, {}, {}, {}, {}});
      return;
    }
    Replay replay(pair_, chunks_, doubts_);
    buffer_.replay(replay);
    SeenChunk seen{range, chunks_.source_sum(), chunks_.target_sum(), {}, {}};
    if (chunks_.end_chunk(ChunkKind::range, range)) doubts_.chunks.push_back(std::move(seen));
    if (doubts_.keys.size() >= kKeysAtOnce || doubts_.chunks.size() >= kRunChunks) confirm();
  }

  // --- the second look

  const MemberSessions& spare() {
    if (!spare_members_) spare_members_.emplace(spare_());
    rests_.reopen(*spare_members_);
    return *spare_members_;
  }

  /// Lets the chunks since the last time stand, if their differences still do; else reads them
  /// again.
  void confirm() {
    if (doubts_.chunks.empty()) return;
    const Doubts doubts = std::exchange(doubts_, {});
    const bool once = pair_.job.options.recheck == 0 && members_.catch_up == nullptr;
    if (once || still_stand(doubts)) {
      chunks_.mark(spare().target);
      return;
    }
    chunks_.rollback();
    observer_.table_recheck(pair_.job.address, doubts.chunks.size(), 1);
    for (const SeenChunk& chunk : doubts.chunks)
      if (!stopped()) read_again(chunk);
  }

  bool still_stand(const Doubts& doubts) {
    spare().open_snapshots();
    return sum_of(spare().source, Side::source, doubts.keys) == doubts.source &&
           sum_of(spare().target, Side::target, doubts.keys) == doubts.target;
  }

  FastSum sum_of(mysql::Session& session, Side side, const std::vector<mysql::Row>& keys) const {
    FastSum sum;
    mysql::Row row;
    for (std::size_t begin = 0; begin < keys.size(); begin += kKeysAtOnce) {
      const std::size_t end = std::min(keys.size(), begin + kKeysAtOnce);
      const auto at = [&](std::size_t i) { return keys.begin() + static_cast<std::ptrdiff_t>(i); };
      StreamRows rows(session, pair_, side,
                      select_keys(pair_, side, {at(begin), at(end)}, true, Locking::none));
      while (rows.next(row)) sum.add(row);
    }
    return sum;
  }

  void read_again(const SeenChunk& seen) {
    (void)SecondReading(pair_, spare(), chunks_, observer_).read_run({seen});
  }

  const TablePair& pair_;
  const KeyRange& range_;
  MemberSessions members_;
  const SpareSessions& spare_;
  std::optional<MemberSessions> spare_members_;
  const CompareOptions& options_;
  PlanObserver& observer_;
  ReadingRests rests_;
  TieProbe ties_;
  ChunkBuilder chunks_;
  ChunkBuffer buffer_;
  Doubts doubts_;
  TableOutcome outcome_;
  bool differs_ = false;       // the chunk under way
  bool differs_seen_ = false;  // any chunk
  std::uint64_t source_rows_ = 0;
  std::uint64_t target_rows_ = 0;
  std::uint64_t kept_ = 0;
  std::uint64_t told_ = 0;
  struct {
    std::optional<mysql::Row> high;
    std::uint64_t source_rows = 0;
    std::uint64_t target_rows = 0;
    std::uint64_t kept = 0;
  } ended_;                 // the last chunk
  bool any_ended_ = false;  // in these snapshots
  bool resting_ = false;
};

}  // namespace

TableOutcome compare_range(const TablePair& pair, const PairCatalog& catalog, const KeyRange& range,
                           const MemberSessions& members, const SpareSessions& spare,
                           ChangeSink& sink, const CompareOptions& options,
                           PlanObserver& observer) {
  return RangeComparison(pair, catalog, range, members, spare, sink, options, observer).run();
}

TableOutcome compare_table(const TablePair& pair, const PairCatalog& catalog,
                           const MemberSessions& members, const SpareSessions& spare,
                           ChangeSink& sink, const CompareOptions& options,
                           PlanObserver& observer) {
  // Without a key, via-source has told that there is no way.
  if (pair.job.via_source() && !pair.is_keyless())
    return compare_replica(pair, catalog, members, spare, sink, options, observer);
  if (pair.is_keyless()) return compare_keyless(pair, catalog, members, sink, options, observer);
  if (!pair.index_order) return compare_by_keys(pair, catalog, members, sink, options, observer);
  if (options.by_checksum)
    return compare_by_checksum(pair, catalog, members, sink, options, observer);
  return compare_range(pair, catalog, {}, members, spare, sink, options, observer);
}

}  // namespace rowplan::planner
