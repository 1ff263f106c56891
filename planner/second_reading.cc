#include "planner/second_reading.h"

#include <chrono>
#include <thread>

#include "planner/read_ahead.h"

namespace rowplan::planner {

namespace {

constexpr std::chrono::milliseconds kRecheckPause{50};

/// Builds the chunks, and remembers what it saw.
class Builder : public ChunkVisitor {
 public:
  Builder(const TablePair& pair, ChunkBuilder& chunks) : pair_(pair), chunks_(chunks) {}
  void equal(const mysql::Row& row) override { chunks_.equal(row); }
  void differs(const mysql::Row& source, const mysql::Row& target) override {
    chunks_.differs(source, target);
  }
  void only_source(const mysql::Row& row) override { chunks_.only_source(row); }
  void only_target(const mysql::Row& row) override {
    if (pair_.job.options.deletes == Deletes::ignore) ++kept;
    chunks_.only_target(row);
  }
  void chunk_end(const KeyRange& range) override {
    SeenChunk seen{range, chunks_.source_sum(), chunks_.target_sum(), chunks_.source_hash(),
                   chunks_.target_hash()};
    if (chunks_.end_chunk(ChunkKind::range, range)) found.push_back(std::move(seen));
  }
  std::vector<SeenChunk> found;
  std::uint64_t kept = 0;

 private:
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
  const unsigned rounds = pair_.job.options.recheck;
  std::uint64_t kept = 0;
  for (unsigned round = 1;; ++round) {
    Builder builder(pair_, chunks_);
    (void)read_in_snapshot(pair_, members_, range, builder);
    kept = builder.kept;
    const bool settled = builder.found.empty() || same_readings(before, builder.found);
    if (settled || round >= rounds) break;
    chunks_.rollback();
    before = std::move(builder.found);
    observer_.table_recheck(pair_.job.address, before.size(), round + 1);
    std::this_thread::sleep_for(kRecheckPause * (1U << round));
    members_.open_snapshots();
  }
  chunks_.mark(members_.target);
  return kept;
}

}  // namespace rowplan::planner
