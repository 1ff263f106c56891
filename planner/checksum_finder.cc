#include "planner/checksum_finder.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <limits>

namespace rowplan::planner {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kLargestRangeRows = 60'000;
constexpr std::size_t kRangesAtOnce = 256;
// One statement should take about as long as this, far below any read time-out.
constexpr std::chrono::milliseconds kStatementAtLeast{1'000};
constexpr std::chrono::milliseconds kStatementAtMost{3'000};
constexpr std::size_t kFirstRanges = 4;

}  // namespace

std::vector<std::uint64_t> cut_levels(std::uint64_t chunk_rows) {
  std::vector<std::uint64_t> levels = {chunk_rows};
  while (levels.size() < 3 && levels.front() * 16 <= kLargestRangeRows)
    levels.insert(levels.begin(), levels.front() * 16);
  return levels;
}

std::vector<KeyRange> part_at(const std::vector<mysql::ColumnOrder>& order,
                              const std::vector<KeyRange>& ranges,
                              const std::vector<mysql::Row>& cuts) {
  std::vector<KeyRange> parts;
  auto cut = cuts.begin();
  for (const KeyRange& range : ranges) {
    std::optional<mysql::Row> low = range.low;
    while (cut != cuts.end()) {
      const int beyond = range.high ? mysql::compare_keys(order, *cut, *range.high) : -1;
      if (beyond > 0) break;
      if (beyond < 0) {
        parts.push_back({low, *cut});
        low = *cut;
      }
      ++cut;
    }
    parts.push_back({low, range.high});
  }
  assert(cut == cuts.end());
  return parts;
}

ChecksumFinder::ChecksumFinder(const TablePair& pair, ChecksumReader& reader,
                               const CompareOptions& options, PlanObserver& observer)
    : pair_(pair),
      reader_(reader),
      options_(options),
      observer_(observer),
      moduli_(cut_levels(pair.job.options.chunk_rows)) {}

bool ChecksumFinder::stop() const {
  if (options_.stop != nullptr && options_.stop->load()) return true;
  // Rows that `deletes = "ignore"` leaves are in the hashes: there, more must be known.
  return options_.stop_at_first && !found.empty() && pair_.job.options.deletes != Deletes::ignore;
}

bool ChecksumFinder::find(const std::function<void()>& between) {
  KeyRange rest;
  std::size_t at_once = kFirstRanges;
  while (true) {
    between();
    if (stop()) return false;
    const auto start = Clock::now();
    const std::vector<mysql::Row> cuts = reader_.cuts({rest}, moduli_.front(), at_once);
    const bool last = cuts.size() < at_once;
    if (!last) rest.high = cuts.back();
    compare(part_at(pair_.order, {rest}, cuts), 0);
    if (last) return !stop();
    rest = {cuts.back(), std::nullopt};
    const auto took = Clock::now() - start;
    if (took < kStatementAtLeast) at_once = std::min(at_once * 2, kRangesAtOnce);
    if (took > kStatementAtMost) at_once = std::max<std::size_t>(at_once / 2, 1);
  }
}

void ChecksumFinder::compare(const std::vector<KeyRange>& ranges, std::size_t level) {
  for (std::size_t begin = 0; begin < ranges.size() && !stop(); begin += kRangesAtOnce) {
    const auto from = ranges.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto to = ranges.begin() +
                    static_cast<std::ptrdiff_t>(std::min(ranges.size(), begin + kRangesAtOnce));
    compare_some({from, to}, level);
  }
}

void ChecksumFinder::compare_some(const std::vector<KeyRange>& ranges, std::size_t level) {
  const BothSums sums = reader_.sums(ranges, Summed::high);
  const bool chunks = level + 1 == moduli_.size();
  std::vector<KeyRange> differing;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const ChunkHash& source = sums.source[i];
    const ChunkHash& target = sums.target[i];
    if (level == 0) source_rows += source.rows;
    if (level == 0) target_rows += target.rows;
    if (source == target) continue;
    if (chunks)
      found.push_back({ranges[i], {}, {}, source, target});
    else
      differing.push_back(ranges[i]);
  }
  if (!differing.empty()) {
    // Where most ranges differ, most of their parts would: each level hashes all of its rows anew.
    const std::size_t next = differing.size() * 2 > ranges.size() ? moduli_.size() - 1 : level + 1;
    compare(part(differing, next), next);
  }
  if (level == 0) observer_.table_progress(pair_.job.address, source_rows, found.size());
}

std::vector<KeyRange> ChecksumFinder::part(const std::vector<KeyRange>& ranges, std::size_t level) {
  return part_at(pair_.order, ranges,
                 reader_.cuts(ranges, moduli_[level], std::numeric_limits<std::int64_t>::max()));
}

}  // namespace rowplan::planner
