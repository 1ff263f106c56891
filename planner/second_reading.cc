#include "planner/second_reading.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <thread>

#include "planner/read_ahead.h"
#include "planner/refusal.h"

namespace rowplan::planner {

namespace {

constexpr std::chrono::milliseconds kRecheckPause{50};
constexpr unsigned kPauseDoubledAtMost = 4;
// A replica's rows are seen a moment after the source's, so those under way seem to differ.
constexpr unsigned kReplicaRounds = 30;

/// What differs, by key: what was seen on both sides.
struct SeenRows {
  FastSum source;
  FastSum target;
  friend bool operator==(const SeenRows&, const SeenRows&) = default;
};
using DifferingRows = std::map<std::string, SeenRows>;

/// Builds the chunks, and remembers what it saw.
class Builder : public ChunkVisitor {
 public:
  Builder(const TablePair& pair, ChunkBuilder& chunks) : pair_(pair), chunks_(chunks) {}
  void equal(const mysql::Row& row) override { chunks_.equal(row); }
  void differs(const mysql::Row& source, const mysql::Row& target) override {
    chunks_.differs(source, target);
    note(&source, &target);
  }
  void only_source(const mysql::Row& row) override {
    chunks_.only_source(row);
    note(&row, nullptr);
  }
  void only_target(const mysql::Row& row) override {
    chunks_.only_target(row);
    if (pair_.job.options.deletes == Deletes::ignore)
      ++kept;
    else
      note(nullptr, &row);
  }
  void chunk_end(const KeyRange& range) override {
    SeenChunk seen{range, chunks_.source_sum(), chunks_.target_sum(), chunks_.source_hash(),
                   chunks_.target_hash()};
    if (chunks_.end_chunk(ChunkKind::range, range)) found.push_back(std::move(seen));
  }
  std::vector<SeenChunk> found;
  DifferingRows rows;
  std::uint64_t kept = 0;

 private:
  void note(const mysql::Row* source, const mysql::Row* target) {
    const mysql::Row key = key_of(pair_, source != nullptr ? *source : *target);
    SeenRows& seen = rows[std::string(key.bytes())];
    if (source != nullptr) seen.source.add(*source);
    if (target != nullptr) seen.target.add(*target);
  }

  const TablePair& pair_;
  ChunkBuilder& chunks_;
};

/// A reading by checksums has no fast sums, a streamed one that only detects has no hashes.
bool same_rows(const SeenChunk& a, const SeenChunk& b) {
  if (a.source_hash && b.source_hash)
    return a.source_hash == b.source_hash && a.target_hash == b.target_hash;
  return a.source == b.source && a.target == b.target;
}

/// Did both readings see the same?
bool same_readings(const std::vector<SeenChunk>& a, const std::vector<SeenChunk>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!same_bound(a[i].range.low, b[i].range.low) ||
        !same_bound(a[i].range.high, b[i].range.high) || !same_rows(a[i], b[i]))
      return false;
  return true;
}

/// Did all that differs now do so before, with the same rows?
bool all_seen_before(const DifferingRows& now, const DifferingRows& before) {
  return std::all_of(now.begin(), now.end(), [&](const auto& row) {
    const auto found = before.find(row.first);
    return found != before.end() && found->second == row.second;
  });
}

}  // namespace

bool same_bound(const std::optional<mysql::Row>& a, const std::optional<mysql::Row>& b) {
  return a.has_value() == b.has_value() && (!a || *a == *b);
}

bool read_in_snapshot(const TablePair& pair, const MemberSessions& members, const KeyRange& range,
                      ChunkVisitor& visitor) {
  StreamRows source(members.source, pair, Side::source,
                    select_range(pair, Side::source, range, Locking::none));
  StreamRows target(members.target, pair, Side::target,
                    select_range(pair, Side::target, range, Locking::none));
  // The servers work side by side, and so do those who take their rows, where there are cores for
  // all: on two, a third thread was measured to cost more than it saves.
  ReadAhead target_ahead(target);
  if (std::thread::hardware_concurrency() <= 2)
    return walk(pair, range, source, target_ahead, true, visitor);
  ReadAhead source_ahead(source);
  return walk(pair, range, source_ahead, target_ahead, true, visitor);
}

std::uint64_t SecondReading::read_run(std::vector<SeenChunk> before) {
  const KeyRange range{before.front().range.low, before.back().range.high};
  const bool replica = members_.catch_up != nullptr;
  const unsigned rounds =
      replica ? std::max(pair_.job.options.recheck, kReplicaRounds) : pair_.job.options.recheck;
  DifferingRows rows_before;
  std::uint64_t kept = 0;
  for (unsigned round = 1;; ++round) {
    Builder builder(pair_, chunks_);
    (void)read_in_snapshot(pair_, members_, range, builder);
    kept = builder.kept;
    const bool settled = builder.found.empty() || same_readings(before, builder.found) ||
                         (round > 1 && all_seen_before(builder.rows, rows_before));
    if (settled || (!replica && round >= rounds)) break;
    if (round >= rounds)
      throw Refusal(RefusalReason::temporary,
                    pair_.job.address + ": rows change faster than the replica can be compared",
                    "try again while less is written");
    chunks_.rollback();
    before = std::move(builder.found);
    rows_before = std::move(builder.rows);
    observer_.table_recheck(pair_.job.address, before.size(), round + 1);
    std::this_thread::sleep_for(kRecheckPause * (1U << std::min(round, kPauseDoubledAtMost)));
    members_.open_snapshots();
  }
  chunks_.mark(members_.target);
  return kept;
}

}  // namespace rowplan::planner
