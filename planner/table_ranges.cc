#include "planner/table_ranges.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>

#include "mysql/encoding.h"
#include "mysql/quote.h"
#include "planner/change_spool.h"
#include "planner/chunk_builder.h"
#include "planner/member_rows.h"
#include "planner/no_sink.h"

namespace rowplan::planner {

namespace {

// Of rows a reader takes half a million in a second: less is not worth sessions of its own.
constexpr std::uint64_t kChunksAtLeast = 2500;
constexpr unsigned kRangesPerThread = 4;    // so that none is left alone with much of the work
constexpr unsigned kCutsMissedAtMost = 10;  // by this factor a chunk may be longer than the average

/// The first of the key's columns, as a number that keeps its order.
class LeadingNumber {
 public:
  explicit LeadingNumber(const PairColumn& column) : is_unsigned_(column.source.is_unsigned) {}
  [[nodiscard]] std::uint64_t from(const std::string& text) const {
    return is_unsigned_ ? std::stoull(text) : static_cast<std::uint64_t>(std::stoll(text)) + kHalf;
  }
  [[nodiscard]] std::string text(std::uint64_t number) const {
    return is_unsigned_ ? std::to_string(number)
                        : std::to_string(static_cast<std::int64_t>(number - kHalf));
  }

 private:
  static constexpr std::uint64_t kHalf = std::uint64_t{1} << 63U;
  bool is_unsigned_;
};

std::uint64_t ranges_of(const TablePair& pair) {
  return pair.job.rows_estimate / (kChunksAtLeast * pair.job.options.chunk_rows);
}

/// The first row from `least` on that ends a chunk.
std::optional<mysql::Row> find_cut(const TablePair& pair, mysql::Session& source,
                                   const std::string& least) {
  const std::vector<mysql::ReadColumn> key = read_columns(pair, Side::source, Wanted::key);
  std::string columns;
  for (const mysql::ReadColumn& column : key)
    columns += (columns.empty() ? "" : ",") + column.expression;
  const std::uint64_t chunk_rows = pair.job.options.chunk_rows;
  mysql::RowStream rows(source,
                        "SELECT " + columns + from_by_key(pair, Side::source) + " WHERE " +
                            mysql::quote_name(pair.columns.front().source.name) + ">=" + least +
                            order_by_key(pair, Side::source) + " LIMIT " +
                            std::to_string(kCutsMissedAtMost * chunk_rows),
                        key, "looking for ranges of " + pair.job.address);
  mysql::RowHasher hasher(pair.types());
  mysql::Row row;
  std::optional<mysql::Row> cut;
  while (rows.next(row))
    if (!cut && hasher.key_crc(row, pair.key_columns) % chunk_rows == 0) cut = row;
  return cut;
}

/// Tells of all ranges together.
class RangeObserver : public PlanObserver {
 public:
  RangeObserver(PlanObserver& next, std::size_t ranges)
      : next_(next), rows_(ranges), chunks_(ranges) {}

  void progress(const std::string& address, std::size_t range, std::uint64_t rows,
                std::uint64_t chunks) {
    const std::lock_guard lock(mutex_);
    rows_[range] = rows;
    chunks_[range] = chunks;
    next_.table_progress(address, sum(rows_), sum(chunks_));
  }
  void table_recheck(const std::string& address, std::uint64_t chunks, unsigned round) override {
    next_.table_recheck(address, chunks, round);
  }
  void note(const std::string& message) override { next_.note(message); }

 private:
  static std::uint64_t sum(const std::vector<std::uint64_t>& numbers) {
    std::uint64_t all = 0;
    for (const std::uint64_t number : numbers) all += number;
    return all;
  }

  PlanObserver& next_;
  std::mutex mutex_;
  std::vector<std::uint64_t> rows_;
  std::vector<std::uint64_t> chunks_;
};

/// What one range tells.
class OfRange : public PlanObserver {
 public:
  OfRange(RangeObserver& all, std::size_t range) : all_(all), range_(range) {}
  void table_progress(const std::string& address, std::uint64_t rows,
                      std::uint64_t chunks) override {
    all_.progress(address, range_, rows, chunks);
  }
  void table_recheck(const std::string& address, std::uint64_t chunks, unsigned round) override {
    all_.table_recheck(address, chunks, round);
  }
  void note(const std::string& message) override { all_.note(message); }

 private:
  RangeObserver& all_;
  std::size_t range_;
};

void raise_chunks(TieFacts& ties, std::uint32_t by) {
  const auto raise = [by](auto& entries) {
    for (auto& entry : entries) entry.chunk += by;
  };
  raise(ties.changes);
  raise(ties.holders);
  raise(ties.needs);
  raise(ties.gains);
  raise(ties.children);
}

template <typename Entry>
void move_to(std::vector<Entry>& to, std::vector<Entry>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  from = {};
}

/// Adds what the next range found.
void add(TableOutcome& all, TableOutcome range) {
  const std::size_t chunks = all.chunks.size();
  for (PlanChunk& chunk : range.chunks) chunk.id += chunks;
  raise_chunks(range.ties, static_cast<std::uint32_t>(chunks));
  all.source_rows += range.source_rows;
  all.target_rows += range.target_rows;
  all.ops.insert += range.ops.insert;
  all.ops.update += range.ops.update;
  all.ops.remove += range.ops.remove;
  all.ops.conflict += range.ops.conflict;
  all.ops.kept += range.ops.kept;
  all.differs = all.differs || range.differs;
  all.complete = all.complete && range.complete;
  move_to(all.chunks, range.chunks);
  move_to(all.change_sums, range.change_sums);
  move_to(all.ties.changes, range.ties.changes);
  move_to(all.ties.holders, range.ties.holders);
  move_to(all.ties.needs, range.ties.needs);
  move_to(all.ties.gains, range.ties.gains);
  move_to(all.ties.children, range.ties.children);
  move_to(all.findings, range.findings);
  if (all.findings.size() > kFindingsAtMost) all.findings.resize(kFindingsAtMost);
}

}  // namespace

class RangeReading::State {
 public:
  State(const TablePair& pair, const PairCatalog& catalog, std::vector<KeyRange> ranges,
        std::filesystem::path spool, const CompareOptions& options, PlanObserver& observer)
      : pair_(pair),
        catalog_(catalog),
        ranges_(std::move(ranges)),
        spool_(std::move(spool)),
        options_(options),
        observer_(observer, ranges_.size()),
        parts_(ranges_.size()) {
    options_.others_ended = &ended_;
  }

  [[nodiscard]] const TablePair& pair() const { return pair_; }
  [[nodiscard]] bool wants_readers() const { return next_ < ranges_.size() && !ended_; }

  void read(const MemberSessions& members, const SpareSessions& spare) noexcept {
    try {
      for (std::size_t i = next_++; i < ranges_.size() && !ended_; i = next_++)
        read_range(i, members, spare);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      ended_ = true;
    }
  }

  TableOutcome finish(ChangeSink& sink) {
    if (failure_) std::rethrow_exception(failure_);
    TableOutcome all;
    all.complete = true;
    for (Part& part : parts_) {
      if (part.changes) part.changes->hand_on(sink, all.chunks.size());
      part.changes.reset();
      add(all, std::move(part.outcome));
    }
    return all;
  }

 private:
  struct Part {
    TableOutcome outcome;
    std::optional<ChangeSpool> changes;
  };

  void read_range(std::size_t i, const MemberSessions& members, const SpareSessions& spare) {
    NoSink nowhere;
    Part& part = parts_[i];
    if (!spool_.empty()) part.changes.emplace(spool_);
    ChangeSink& sink = part.changes ? static_cast<ChangeSink&>(*part.changes) : nowhere;
    OfRange observer(observer_, i);
    part.outcome =
        compare_range(pair_, catalog_, ranges_[i], members, spare, sink, options_, observer);
    if (options_.stop_at_first && part.outcome.differs) ended_ = true;
    // Else a plan that is refused in the end might have filled the disk before.
    if (part.changes && (bytes_ += part.changes->bytes()) > pair_.job.options.limits.max_plan_bytes)
      ended_ = true;  // which is told when they are handed on
  }

  const TablePair& pair_;
  const PairCatalog& catalog_;
  const std::vector<KeyRange> ranges_;
  const std::filesystem::path spool_;
  CompareOptions options_;
  RangeObserver observer_;
  std::vector<Part> parts_;
  std::atomic<std::size_t> next_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<bool> ended_{false};
  std::mutex mutex_;
  std::exception_ptr failure_;
};

RangeReading::RangeReading(const TablePair& pair, const PairCatalog& catalog,
                           std::vector<KeyRange> ranges, std::filesystem::path spool,
                           const CompareOptions& options, PlanObserver& observer)
    : state_(std::make_unique<State>(pair, catalog, std::move(ranges), std::move(spool), options,
                                     observer)) {}
RangeReading::~RangeReading() = default;

const TablePair& RangeReading::pair() const { return state_->pair(); }
bool RangeReading::wants_readers() const { return state_->wants_readers(); }
void RangeReading::read(const MemberSessions& members, const SpareSessions& spare) noexcept {
  state_->read(members, spare);
}
TableOutcome RangeReading::finish(ChangeSink& sink) { return state_->finish(sink); }

bool is_large(const TablePair& pair) {
  if (ranges_of(pair) < 2 || !pair.index_order || pair.is_keyless()) return false;
  const PairColumn& first = pair.columns.front();
  return first.source.family == mysql::TypeFamily::integer &&
         first.target.family == mysql::TypeFamily::integer &&
         // By another index each row would have to be looked up.
         pair.source_index == "PRIMARY" && pair.target_index == "PRIMARY" &&
         // What a filter hides is looked up by one reader, who knows of all changes.
         filter_of(pair, Side::source).empty() && filter_of(pair, Side::target).empty();
}

std::vector<KeyRange> find_ranges(const TablePair& pair, mysql::Session& source) {
  const std::uint64_t most = std::min<std::uint64_t>(
      ranges_of(pair), std::uint64_t{kRangesPerThread} * pair.job.options.threads);
  const PairColumn& first = pair.columns.front();
  const std::string name = mysql::quote_name(first.source.name);
  const mysql::TextRow ends =
      source
          .query("SELECT MIN(" + name + "), MAX(" + name + ")" + from_by_key(pair, Side::source),
                 "looking for ranges of " + pair.job.address)
          .at(0);
  if (!ends[0] || !ends[1]) return {{}};
  const LeadingNumber number(first);
  const std::uint64_t low = number.from(*ends[0]);
  const std::uint64_t step = (number.from(*ends[1]) - low) / most;
  std::vector<KeyRange> ranges(1);
  for (std::uint64_t i = 1; i < most && step > 0; ++i) {
    auto cut = find_cut(pair, source, number.text(low + i * step));
    if (!cut) continue;
    std::optional<mysql::Row>& before = ranges.back().low;
    if (before && mysql::compare_keys(pair.order, *before, *cut) >= 0) continue;
    ranges.back().high = *cut;
    ranges.push_back({std::move(cut), std::nullopt});
  }
  return ranges;
}

}  // namespace rowplan::planner
