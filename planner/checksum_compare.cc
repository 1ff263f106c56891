#include "planner/checksum_compare.h"

#include <algorithm>

#include "planner/checksum_finder.h"
#include "planner/checksum_second_reading.h"

namespace rowplan::planner {

TableOutcome compare_by_checksum(const TablePair& pair, const PairCatalog& catalog,
                                 const MemberSessions& members, ChangeSink& sink,
                                 const CompareOptions& options, PlanObserver& observer) {
  const auto stopped = [&] { return options.stop != nullptr && options.stop->load(); };
  TieProbe ties(pair, catalog);
  ChunkBuilder chunks(pair, sink, ties);
  ChecksumReader reader(pair, members);
  ChecksumFinder finder(pair, reader, options, observer);
  members.open_snapshots();
  const bool whole = finder.find();
  TableOutcome outcome;
  outcome.source_rows = finder.source_rows;
  outcome.target_rows = finder.target_rows;
  outcome.differs = !finder.found.empty();
  if (!whole) return outcome;
  if (!finder.found.empty()) {
    observer.table_recheck(pair.job.address, finder.found.size(), 1);
    members.open_snapshots();
    ChecksumSecondReading again(pair, members, reader, chunks, observer);
    constexpr std::size_t kChunksAtOnce = 256;
    for (std::size_t begin = 0; begin < finder.found.size() && !stopped(); begin += kChunksAtOnce) {
      const auto from = finder.found.begin() + static_cast<std::ptrdiff_t>(begin);
      const std::size_t end = std::min(finder.found.size(), begin + kChunksAtOnce);
      again.read({from, finder.found.begin() + static_cast<std::ptrdiff_t>(end)});
    }
    outcome.ops.kept = again.kept();
  }
  members.close_snapshots();
  const std::uint64_t kept = outcome.ops.kept;
  outcome.ops = chunks.ops();
  outcome.ops.kept = kept;
  outcome.differs = outcome.ops.changes() > 0;
  outcome.chunks = chunks.take_chunks();
  outcome.change_sums = chunks.take_change_sums();
  outcome.findings = chunks.findings();
  outcome.ties = ties.take();
  outcome.complete = !stopped();
  return outcome;
}

}  // namespace rowplan::planner
