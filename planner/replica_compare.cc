#include "planner/replica_compare.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "planner/chunk_builder.h"
#include "planner/key_lookup.h"
#include "planner/member_rows.h"
#include "planner/second_reading.h"

namespace rowplan::planner {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kSuspectsAtOnce = 1000;
constexpr std::chrono::milliseconds kFirstPause{20};  // doubled with each look
constexpr std::chrono::milliseconds kLongestPause{1000};
constexpr std::chrono::seconds kLookAtMost{60};
constexpr std::uint64_t kTellEveryRows = 16384;

/// A row that differed, and what the last look saw of it.
struct Suspect {
  mysql::Row key;  ///< the source's, where it has the row
  std::optional<mysql::Row> source;
  std::optional<mysql::Row> target;
  bool settled = false;  ///< it has drifted; else not known yet
};

/// Those of the rows between two cuts.
using SuspectChunk = std::vector<Suspect>;

class ReplicaComparison : public ChunkVisitor {
 public:
  ReplicaComparison(const TablePair& pair, const PairCatalog& catalog,
                    const MemberSessions& members, const SpareSessions& spare, ChangeSink& sink,
                    const CompareOptions& options, PlanObserver& observer)
      : pair_(pair),
        members_(members),
        spare_(spare()),
        options_(options),
        observer_(observer),
        ties_(pair, catalog),
        chunks_(pair, sink, ties_) {}

  TableOutcome run() {
    members_.open_snapshots();
    const bool whole = read();
    members_.close_snapshots();
    if (whole) confirm();
    spare_.close_snapshots();
    outcome_.ops = chunks_.ops();
    outcome_.differs = outcome_.ops.changes() > 0;
    outcome_.chunks = chunks_.take_chunks();
    outcome_.change_sums = chunks_.take_change_sums();
    for (const Finding& finding : chunks_.findings()) outcome_.findings.push_back(finding);
    outcome_.ties = ties_.take();
    outcome_.complete = whole && !stopped();
    return std::move(outcome_);
  }

  // --- the reading

  void equal(const mysql::Row& /*row*/) override {
    ++outcome_.source_rows;
    ++outcome_.target_rows;
  }
  void differs(const mysql::Row& source, const mysql::Row& target) override {
    ++outcome_.source_rows;
    ++outcome_.target_rows;
    suspect(source, source, target);
  }
  void only_source(const mysql::Row& row) override {
    ++outcome_.source_rows;
    suspect(row, row, std::nullopt);
  }
  void only_target(const mysql::Row& row) override {
    ++outcome_.target_rows;
    suspect(row, std::nullopt, row);
  }
  void chunk_end(const KeyRange& /*range*/) override {
    if (!chunk_.empty()) read_.push_back(std::move(chunk_));
    chunk_.clear();
    const std::size_t most = options_.stop_at_first ? 1 : kSuspectsAtOnce;
    if (suspects_ >= most) confirm();
  }
  bool stop() override {
    if (outcome_.source_rows >= told_ + kTellEveryRows) {
      told_ = outcome_.source_rows;
      observer_.table_progress(pair_.job.address, told_, chunks_.chunks().size());
    }
    return stopped() || (options_.stop_at_first && chunks_.ops().changes() > 0);
  }

 private:
  [[nodiscard]] bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }

  bool read() {
    if (pair_.index_order) return read_in_snapshot(pair_, members_, {}, *this);
    StreamRows source(members_.source, pair_, Side::source,
                      select_all_by_bytes(pair_, Side::source));
    StreamRows target(members_.target, pair_, Side::target,
                      select_all_by_bytes(pair_, Side::target));
    return walk(pair_, {}, source, target, true, *this);
  }

  void suspect(const mysql::Row& row, std::optional<mysql::Row> source,
               std::optional<mysql::Row> target) {
    chunk_.push_back({key_of(pair_, row), std::move(source), std::move(target), false});
    ++suspects_;
  }

  // --- the looks after it

  /// Looks at the suspects until each is known to be equal or to have drifted, and builds chunks of
  /// those that have.
  void confirm() {
    if (!chunk_.empty()) read_.push_back(std::move(chunk_));
    chunk_.clear();
    suspects_ = 0;
    const auto until = SteadyClock::now() + kLookAtMost;
    std::chrono::milliseconds pause = kFirstPause;
    while (!read_.empty() && !stopped()) {
      const std::size_t open = look();
      if (open == 0) break;
      if (SteadyClock::now() >= until) {
        give_up(open);
        break;
      }
      observer_.table_recheck(pair_.job.address, open, 1);
      std::this_thread::sleep_for(pause);
      pause = std::min(2 * pause, kLongestPause);
    }
    if (!stopped()) build();
    read_.clear();
  }

  /// One look at all that are not settled. Returns how many still are not.
  std::size_t look() {
    spare_.open_snapshots();
    std::vector<Suspect*> asked;
    std::vector<mysql::Row> keys;
    for (SuspectChunk& chunk : read_)
      for (Suspect& each : chunk) {
        if (each.settled) continue;
        asked.push_back(&each);
        keys.push_back(each.key);
      }
    const auto source =
        rows_with_equal_keys(spare_.source, pair_, Side::source, keys, true, Wanted::all);
    const auto target =
        rows_with_equal_keys(spare_.target, pair_, Side::target, keys, true, Wanted::all);
    std::size_t open = 0;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      Suspect& each = *asked[i];
      each.settled =
          each.source == source[i] && each.target == target[i] && each.source != each.target;
      each.source = source[i];
      each.target = target[i];
      if (!each.settled && each.source != each.target) ++open;
    }
    drop_equal();
    return open;
  }

  void drop_equal() {
    // Of two keys that the servers take for equal, each side had one: it is one row, told once.
    std::set<std::string> rows;
    const auto twice = [&](const std::optional<mysql::Row>& row, const char* side) {
      return row && !rows.insert(side + key_bytes(pair_, *row)).second;
    };
    for (SuspectChunk& chunk : read_)
      std::erase_if(chunk, [&](const Suspect& each) {
        if (each.source == each.target) return true;
        const bool source_twice = twice(each.source, "s");
        return twice(each.target, "t") || source_twice;
      });
    std::erase_if(read_, [](const SuspectChunk& chunk) { return chunk.empty(); });
  }

  void give_up(std::size_t open) {
    for (SuspectChunk& chunk : read_)
      std::erase_if(chunk, [](const Suspect& each) { return !each.settled; });
    outcome_.findings.push_back(
        {"via_source_unsettled", Severity::error, pair_.job.address,
         std::to_string(open) +
             " rows differed at every look, and each time otherwise: whether they have drifted or "
             "are on their way cannot be told",
         "plan again when they are written less"});
  }

  void build() {
    for (const SuspectChunk& chunk : read_) {
      for (const Suspect& each : chunk) {
        if (each.source && each.target)
          chunks_.differs(*each.source, *each.target);
        else if (each.source)
          chunks_.only_source(*each.source);
        else
          chunks_.only_target(*each.target);
      }
      chunks_.end_chunk(ChunkKind::keys, {});
    }
    if (!read_.empty()) chunks_.mark(spare_.target);
  }

  const TablePair& pair_;
  MemberSessions members_;
  MemberSessions spare_;
  const CompareOptions& options_;
  PlanObserver& observer_;
  TieProbe ties_;
  ChunkBuilder chunks_;
  std::vector<SuspectChunk> read_;
  SuspectChunk chunk_;        // the one under way
  std::size_t suspects_ = 0;  // of both
  std::uint64_t told_ = 0;
  TableOutcome outcome_;
};

}  // namespace

TableOutcome compare_replica(const TablePair& pair, const PairCatalog& catalog,
                             const MemberSessions& members, const SpareSessions& spare,
                             ChangeSink& sink, const CompareOptions& options,
                             PlanObserver& observer) {
  return ReplicaComparison(pair, catalog, members, spare, sink, options, observer).run();
}

}  // namespace rowplan::planner
