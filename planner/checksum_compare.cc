#include "planner/checksum_compare.h"

#include <algorithm>

#include <utility>

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
  ReadingRests rests(pair, options.rests);
  ChecksumFinder finder(pair, reader, options, observer);
  bool prepared = false;  // the sessions at hand
  const auto open_snapshots = [&] {
    rests.reopen(members);
    if (!std::exchange(prepared, true)) reader.prepare_sessions();
    members.open_snapshots();
    rests.opened();
  };
  const auto rest = [&] {
    if (stopped() || !rests.due()) return;
    rests.rest({members});
    prepared = false;
    if (!stopped()) open_snapshots();
  };
  open_snapshots();
  const bool whole = finder.find(rest);
  TableOutcome outcome;
  outcome.source_rows = finder.source_rows;
  outcome.target_rows = finder.target_rows;
  outcome.differs = !finder.found.empty();
  if (!whole) {
    members.close_snapshots();
    return outcome;
  }
  if (!finder.found.empty()) {
    observer.table_recheck(pair.job.address, finder.found.size(), 1);
    open_snapshots();
    ChecksumSecondReading again(pair, members, reader, chunks, observer);
    constexpr std::size_t kChunksAtOnce = 256;
    for (std::size_t begin = 0; begin < finder.found.size() && !stopped(); begin += kChunksAtOnce) {
      rest();
      if (stopped()) break;
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
