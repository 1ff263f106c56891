#include "planner/checksum_second_reading.h"

#include <utility>

#include "planner/chunk_hash.h"

namespace rowplan::planner {

namespace {

// With more than these parts differing, a chunk is cheaper read whole than row by row.
constexpr std::size_t kPartsAtMost = kChunkParts / 2;
constexpr std::size_t kRowsAtOnce = 256;  // that are held in memory
constexpr std::size_t kRunChunks = 32;    // neighbours streamed with one query

/// The first reading sums half of each hash.
bool same_as_first(const ChunkHash& first, const ChunkHash& now) {
  return first.rows == now.rows && first.high == now.high;
}

const mysql::Row* row_of(const ChecksumReader::RowsByKey& rows,
                         const std::optional<mysql::Row>& key) {
  const auto found = key ? rows.find(key->bytes()) : rows.end();
  return found == rows.end() ? nullptr : &found->second;
}

}  // namespace

/// Puts the keys of rows that differ to their chunks; both rise.
class ChecksumSecondReading::Suspects : public ChunkVisitor {
 public:
  Suspects(const TablePair& pair, const std::vector<Chunk*>& chunks)
      : pair_(pair), chunks_(chunks) {}
  void equal(const mysql::Row&) override {}
  void differs(const mysql::Row& source, const mysql::Row& target) override {
    at(source).suspects.push_back({key_of(pair_, source), key_of(pair_, target)});
  }
  void only_source(const mysql::Row& row) override {
    at(row).suspects.push_back({key_of(pair_, row), std::nullopt});
  }
  void only_target(const mysql::Row& row) override {
    at(row).suspects.push_back({std::nullopt, key_of(pair_, row)});
  }
  void chunk_end(const KeyRange&) override {}

 private:
  Chunk& at(const mysql::Row& key) {
    const auto beyond = [&](const Chunk& chunk) {
      return chunk.seen.range.high &&
             mysql::compare_keys(pair_.order, key, *chunk.seen.range.high) > 0;
    };
    while (next_ + 1 < chunks_.size() && beyond(*chunks_[next_])) ++next_;
    return *chunks_[next_];
  }

  const TablePair& pair_;
  const std::vector<Chunk*>& chunks_;
  std::size_t next_ = 0;
};

void ChecksumSecondReading::read(std::vector<SeenChunk> seen) {
  std::vector<Chunk> chunks = sum(std::move(seen));
  find_suspects(chunks);
  build(chunks);
  chunks_.mark(members_.target);
}

std::vector<ChecksumSecondReading::Chunk> ChecksumSecondReading::sum(std::vector<SeenChunk> seen) {
  std::vector<KeyRange> ranges;
  for (const SeenChunk& chunk : seen) ranges.push_back(chunk.range);
  const BothSums sums = reader_.sums(ranges, Summed::chunk);
  std::vector<Chunk> chunks;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const ChunkHash& source = sums.source[i];
    const ChunkHash& target = sums.target[i];
    Chunk& chunk = chunks.emplace_back();
    const bool settled =
        same_as_first(*seen[i].source_hash, source) && same_as_first(*seen[i].target_hash, target);
    chunk.equal = source == target;
    chunk.stream = !chunk.equal && (!settled || source.rows == 0 || target.rows == 0);
    chunk.seen = std::move(seen[i]);
    chunk.seen.source_hash = source;
    chunk.seen.target_hash = target;
  }
  return chunks;
}

void ChecksumSecondReading::find_suspects(std::vector<Chunk>& chunks) {
  std::vector<Chunk*> narrowed;
  std::vector<KeyRange> ranges;
  for (Chunk& chunk : chunks) {
    if (chunk.equal || chunk.stream) continue;
    narrowed.push_back(&chunk);
    ranges.push_back(chunk.seen.range);
  }
  if (ranges.empty()) return;
  std::vector<std::vector<std::uint32_t>> parts(ranges.size());
  for (const std::uint32_t part : reader_.differing_parts(ranges))
    parts.at(part / kChunkParts).push_back(part % kChunkParts);
  std::vector<Chunk*> looked_at;
  std::vector<KeyRange> their_ranges;
  std::vector<std::uint32_t> their_parts;
  for (std::size_t i = 0; i < narrowed.size(); ++i) {
    narrowed[i]->stream = parts[i].empty() || parts[i].size() > kPartsAtMost;
    if (narrowed[i]->stream) continue;
    for (const std::uint32_t part : parts[i])
      their_parts.push_back(static_cast<std::uint32_t>(looked_at.size()) * kChunkParts + part);
    looked_at.push_back(narrowed[i]);
    their_ranges.push_back(ranges[i]);
  }
  if (looked_at.empty()) return;
  Suspects suspects(pair_, looked_at);
  reader_.walk_rows(their_ranges, their_parts, suspects);
}

ChecksumReader::BothRows ChecksumSecondReading::fetch(const std::vector<Chunk>& chunks,
                                                      std::size_t begin, std::size_t& end) {
  std::vector<mysql::Row> source;
  std::vector<mysql::Row> target;
  for (end = begin; end < chunks.size() && source.size() + target.size() < kRowsAtOnce; ++end) {
    for (const Suspect& suspect : chunks[end].suspects) {
      if (suspect.source) source.push_back(*suspect.source);
      if (suspect.target) target.push_back(*suspect.target);
    }
  }
  return reader_.rows(source, target);
}

void ChecksumSecondReading::build(std::vector<Chunk>& chunks) {
  ChecksumReader::BothRows rows;
  std::size_t fetched = 0;
  std::vector<SeenChunk> run;  // neighbours to be streamed
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    Chunk& chunk = chunks[i];
    if (i >= fetched) rows = fetch(chunks, i, fetched);
    const bool follows = !run.empty() && run.size() < kRunChunks && run.back().range.high &&
                         same_bound(run.back().range.high, chunk.seen.range.low);
    if (!chunk.stream || !follows) stream(run);
    if (chunk.equal) continue;
    if (!chunk.stream && build_one(chunk, rows)) continue;
    run.push_back(std::move(chunk.seen));
  }
  stream(run);
}

/// False: what was found does not account for the hashes; nothing was built.
bool ChecksumSecondReading::build_one(const Chunk& chunk, const ChecksumReader::BothRows& rows) {
  ChunkHash source_stays = *chunk.seen.source_hash;
  ChunkHash target_stays = *chunk.seen.target_hash;
  std::vector<std::pair<const mysql::Row*, const mysql::Row*>> found;
  for (const Suspect& suspect : chunk.suspects) {
    const mysql::Row* source = row_of(rows.source, suspect.source);
    const mysql::Row* target = row_of(rows.target, suspect.target);
    if ((suspect.source && source == nullptr) || (suspect.target && target == nullptr))
      return false;
    if (source != nullptr) subtract(source_stays, hasher_.hash(*source));
    if (target != nullptr) subtract(target_stays, hasher_.hash(*target));
    found.emplace_back(source, target);
  }
  if (source_stays != target_stays) return false;
  chunks_.stay(source_stays, target_stays);
  for (const auto& [source, target] : found) {
    if (target == nullptr)
      chunks_.only_source(*source);
    else if (source == nullptr)
      chunks_.only_target(*target);
    else if (*source == *target)
      chunks_.equal(*source);
    else
      chunks_.differs(*source, *target);
    if (source == nullptr && pair_.job.options.deletes == Deletes::ignore) ++kept_;
  }
  (void)chunks_.end_chunk(ChunkKind::range, chunk.seen.range);
  return true;
}

void ChecksumSecondReading::stream(std::vector<SeenChunk>& run) {
  if (run.empty()) return;
  chunks_.mark(members_.target);  // a later round takes back all that is not marked
  kept_ += streamed_.read_run(std::move(run));
  run.clear();
}

}  // namespace rowplan::planner
