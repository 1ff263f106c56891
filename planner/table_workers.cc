#include "planner/table_workers.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <list>
#include <map>
#include <mutex>
#include <thread>

#include "planner/address.h"
#include "planner/filter_moved.h"
#include "planner/no_sink.h"
#include "planner/refusal.h"
#include "planner/table_ranges.h"
#include "planner/window_compare.h"

namespace rowplan::planner {

namespace {

// A comparison takes its time; who compares a replica would rather wait than be told of lag.
constexpr std::chrono::minutes kLagAtMost{10};

/// Writes a table's changes file; it appears with its first change.
class FileSink : public ChangeSink {
 public:
  FileSink(PlanDirectory& directory, std::string path, std::uint64_t max_bytes,
           const std::string& address)
      : directory_(directory), path_(std::move(path)), max_bytes_(max_bytes), address_(address) {}

  void append(const Change& change) override { append_line(to_json_line(change)); }
  void append_line(std::string_view line) override {
    if (!file_) file_ = directory_.open_file(path_);
    file_->append(line);
    file_->append("\n");
    if (directory_.bytes() > max_bytes_)
      throw Refusal(RefusalReason::limit,
                    address_ + ": the plan would be larger than limits.max_plan_bytes (" +
                        std::to_string(max_bytes_) + " bytes)",
                    "this plan is about to rewrite a table: is the source right? Else raise "
                    "limits.max_plan_bytes");
  }
  void mark() override {
    if (file_) file_->mark();
  }
  void rollback() override {
    if (file_) file_->rollback();
  }
  /// Path of the file that was written, or nothing.
  std::string close(bool any) {
    if (!file_) return "";
    if (any) file_->close();
    file_.reset();
    return any ? path_ : "";
  }

 private:
  PlanDirectory& directory_;
  std::string path_;
  std::uint64_t max_bytes_;
  const std::string& address_;
  std::unique_ptr<PlanFileWriter> file_;
};

}  // namespace

class TableWorkers::State {
 public:
  State(const CompareTask& task, Connections& connections, MethodChooser& methods,
        PlanObserver& observer)
      : task_(task), connections_(connections), methods_(methods), observer_(observer) {}

  ComparedTables run();
  void merge_again(std::size_t table, const HeldBack& held, ComparedTable& done);

 private:
  /// A large table that its worker reads, and others may.
  struct OpenReading {
    RangeReading* reading = nullptr;
    bool compress = false;
    const CatchUp* catch_up = nullptr;
    unsigned helpers = 0;
  };

  /// Of one worker, by server, and whether compressed.
  using Sessions = std::map<std::pair<std::string, bool>, mysql::Session>;

  void work();
  void fail();
  [[nodiscard]] std::optional<std::size_t> next_table();
  [[nodiscard]] OpenReading* next_reading();
  [[nodiscard]] bool help(OpenReading& open, Sessions& sessions, Sessions& spare_sessions);
  void compare_one(std::size_t i, Sessions& sessions, Sessions& spare_sessions);
  void merge_one(const TablePair& pair, ComparedTable& done, Sessions& sessions,
                 Sessions& spare_sessions, const HeldBack& held);
  [[nodiscard]] TableOutcome compare(const TablePair& pair, const TableWindows& windows,
                                     const MemberSessions& members, const SpareSessions& spare,
                                     ChangeSink& sink, const CompareOptions& options,
                                     bool compress);
  [[nodiscard]] TableOutcome read_with_others(RangeReading& reading, const MemberSessions& members,
                                              const SpareSessions& spare, ChangeSink& sink,
                                              bool compress);
  [[nodiscard]] RestWays rest_ways(const std::string& pair, bool compress);
  [[nodiscard]] std::optional<CatchUp> catch_up_of(const TablePair& pair) const;
  [[nodiscard]] bool has_table_error(const std::string& address) const;
  [[nodiscard]] bool must_not_compare(const TablePair& pair) const;
  [[nodiscard]] mysql::Session& session(Sessions& sessions, const std::string& server,
                                        bool compress);
  [[nodiscard]] bool stopped() const {
    return task_.request.stop != nullptr && task_.request.stop->load();
  }

  const CompareTask task_;
  Connections& connections_;
  MethodChooser& methods_;
  PlanObserver& observer_;
  ComparedTables done_;

  std::mutex mutex_;
  std::vector<std::size_t> order_;  // in which the tables are compared
  std::size_t next_ = 0;
  std::size_t under_way_ = 0;
  std::list<OpenReading> readings_;
  std::condition_variable changed_;  // one of these
  std::exception_ptr failure_;
  std::atomic<bool> give_up_{false};
};

bool TableWorkers::State::has_table_error(const std::string& address) const {
  return std::any_of(task_.job.findings.begin(), task_.job.findings.end(),
                     [&](const Finding& finding) {
                       return finding.severity == Severity::error && finding.address == address;
                     });
}

/// A replica whose applier stands still, say, would be waited for in vain.
bool TableWorkers::State::must_not_compare(const TablePair& pair) const {
  return has_table_error(pair.job.address) ||
         (pair.job.via_source() && has_table_error(pair.job.pair));
}

ComparedTables TableWorkers::State::run() {
  done_.tables.resize(task_.job.pairs.size());
  std::uint64_t estimate = 0;
  unsigned threads = 1;
  for (const TablePair& pair : task_.job.pairs) {
    estimate += pair.job.rows_estimate;
    threads = std::max(threads, pair.job.options.threads);
    order_.push_back(order_.size());
  }
  // Large tables last: who has no table of his own any more helps with them.
  std::stable_partition(order_.begin(), order_.end(),
                        [this](std::size_t i) { return !is_large(task_.job.pairs[i]); });
  observer_.compare_started(task_.job.pairs.size(), estimate);
  if (std::none_of(task_.job.pairs.begin(), task_.job.pairs.end(), is_large))
    threads = std::min(threads, static_cast<unsigned>(std::max<std::size_t>(1, order_.size())));
  std::vector<std::thread> workers;
  for (unsigned i = 1; i < threads; ++i) workers.emplace_back([this] { work(); });
  work();
  for (std::thread& worker : workers) worker.join();
  if (failure_) std::rethrow_exception(failure_);
  done_.gave_up = give_up_;
  return std::move(done_);
}

std::optional<std::size_t> TableWorkers::State::next_table() {
  const std::lock_guard lock(mutex_);
  if (failure_ || next_ >= order_.size() || stopped() || give_up_) return std::nullopt;
  ++under_way_;
  return order_[next_++];
}

/// A table that wants readers; waits for one as long as tables are under way.
TableWorkers::State::OpenReading* TableWorkers::State::next_reading() {
  std::unique_lock lock(mutex_);
  while (under_way_ > 0) {
    for (OpenReading& open : readings_) {
      if (!open.reading->wants_readers()) continue;
      ++open.helpers;
      return &open;
    }
    changed_.wait(lock);
  }
  return nullptr;
}

/// With the exception at hand.
void TableWorkers::State::fail() {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::current_exception();
  give_up_ = true;
}

void TableWorkers::State::work() {
  Sessions sessions;
  Sessions spare_sessions;
  while (const std::optional<std::size_t> mine = next_table()) {
    try {
      // Who waits for a busy server does not stay connected to it.
      const ReadingPause& pause = task_.request.pause;
      if (pause.wait && pause.wait(task_.job.pairs[*mine].job.pair)) {
        sessions.clear();
        spare_sessions.clear();
      }
      if (!stopped()) compare_one(*mine, sessions, spare_sessions);
    } catch (...) {
      fail();
    }
    const std::lock_guard lock(mutex_);
    --under_way_;
    changed_.notify_all();
  }
  while (OpenReading* const open = next_reading())
    if (!help(*open, sessions, spare_sessions)) return;
}

/// False: a server lets no more sessions in.
bool TableWorkers::State::help(OpenReading& open, Sessions& sessions, Sessions& spare_sessions) {
  const TableJob& job = open.reading->pair().job;
  bool may_go_on = true;
  try {
    const MemberSessions members{session(sessions, job.source, open.compress),
                                 session(sessions, job.target, open.compress), open.catch_up};
    const MemberSessions others{session(spare_sessions, job.source, open.compress),
                                session(spare_sessions, job.target, open.compress), open.catch_up};
    open.reading->read(members, [&] { return others; });
  } catch (const mysql::Error& error) {
    may_go_on = false;
    if (error.is_unreachable())
      observer_.note(job.address + ": one reader less: " + error.what());
    else
      fail();
  } catch (...) {
    may_go_on = false;
    fail();
  }
  const std::lock_guard lock(mutex_);
  --open.helpers;
  changed_.notify_all();
  return may_go_on;
}

mysql::Session& TableWorkers::State::session(Sessions& sessions, const std::string& server,
                                             bool compress) {
  const auto found = sessions.find({server, compress});
  if (found != sessions.end() && found->second.is_open()) return found->second;
  // In the place of one that is closed: others may know it.
  return sessions
      .insert_or_assign({server, compress},
                        connections_.open(server, mysql::SessionMode::read_only, compress))
      .first->second;
}

void TableWorkers::State::compare_one(std::size_t i, Sessions& sessions, Sessions& spare_sessions) {
  const TablePair& pair = task_.job.pairs[i];
  if (must_not_compare(pair)) return;
  ComparedTable& done = done_.tables[i];
  observer_.table_started(pair.job.address, pair.job.rows_estimate);
  if (pair.job.two_way()) return merge_one(pair, done, sessions, spare_sessions, {});
  const bool compress = pair.job.options.compress == Compress::yes;
  const bool is_window = is_by_window(task_.windows[i]);
  const MethodChoice choice =
      is_window ? methods_.choose_for_window(pair)
                : methods_.choose(pair, session(sessions, pair.job.source, compress),
                                  session(sessions, pair.job.target, compress));
  mysql::Session& source = session(sessions, pair.job.source, choice.compress);
  mysql::Session& target = session(sessions, pair.job.target, choice.compress);
  const std::optional<CatchUp> catch_up = catch_up_of(pair);
  const CatchUp* const waits = catch_up ? &*catch_up : nullptr;
  CompareOptions options;
  // What a replica seems to lack at first sight it may have a moment later.
  options.stop_at_first = task_.fast && !catch_up;
  options.stop = task_.request.stop;
  options.by_checksum = choice.method == Method::checksum;
  options.rests = rest_ways(pair.job.pair, choice.compress);
  NoSink nowhere;
  std::optional<FileSink> file;
  if (task_.directory != nullptr)
    file.emplace(
        *task_.directory,
        changes_path(to_string(Address{pair.job.pair, {}}), encode_table(pair.job.source_table)),
        pair.job.options.limits.max_plan_bytes, pair.job.address);
  ChangeSink& sink = file ? static_cast<ChangeSink&>(*file) : nowhere;
  // The first sessions are busy with the rows, while others are looked up.
  const SpareSessions spare = [&] {
    return MemberSessions{session(spare_sessions, pair.job.source, choice.compress),
                          session(spare_sessions, pair.job.target, choice.compress), waits};
  };
  // Without a key, a row that the filter no longer takes is just another row.
  const bool guarded = !filter_of(pair, Side::target).empty() && !pair.is_keyless();
  const MemberSessions asked = guarded ? spare() : MemberSessions{source, target, waits};
  FilterGuard guard(pair, asked.source, asked.target, sink);
  ChangeSink& first = guarded ? static_cast<ChangeSink&>(guard) : sink;
  done.outcome = compare(pair, task_.windows[i], {source, target, waits}, spare, first, options,
                         choice.compress);
  for (const Finding& finding : guard.findings()) done.outcome.findings.push_back(finding);
  done.outcome.ops.insert -= guard.followed();
  done.outcome.ops.update += guard.followed();
  if (file) done.changes_path = file->close(done.outcome.ops.changes() > 0);
  done.compared = true;
  if (task_.fast && done.outcome.differs) give_up_ = true;
  observer_.table_finished(pair.job.address, done.outcome.source_rows, done.outcome.ops.changes());
}

RestWays TableWorkers::State::rest_ways(const std::string& pair, bool compress) {
  RestWays ways;
  for (const PairSpec& spec : task_.request.manifest->pairs)
    if (spec.name == pair) ways.snapshot_age = spec.throttle.max_snapshot_age;
  ways.open = [this, compress](const std::string& server) {
    return connections_.open(server, mysql::SessionMode::read_only, compress);
  };
  const ReadingPause& pause = task_.request.pause;
  if (!pause.wait) return ways;
  ways.wanted = [&pause, pair] { return pause.wanted(pair); };
  ways.wait = [&pause, pair] { (void)pause.wait(pair); };
  return ways;
}

void TableWorkers::State::merge_one(const TablePair& pair, ComparedTable& done, Sessions& sessions,
                                    Sessions& spare_sessions, const HeldBack& held) {
  const bool compress = pair.job.options.compress == Compress::yes;
  const std::string folder = encode_name(pair.job.pair);
  const std::string table = encode_table(pair.job.source_table);
  NoSink nowhere;
  std::optional<FileSink> file;
  std::optional<BaselineMovesWriter> moves;
  if (task_.directory != nullptr) {
    file.emplace(*task_.directory, changes_path(folder, table),
                 pair.job.options.limits.max_plan_bytes, pair.job.address);
    moves.emplace(*task_.directory, baseline_path(folder, table));
  }
  TwoWayTask task{pair,
                  task_.catalog,
                  {},
                  {},
                  task_.store,
                  {},
                  moves ? &*moves : nullptr,
                  held,
                  task_.windows[static_cast<std::size_t>(&pair - task_.job.pairs.data())]};
  for (const TablePair& view : *pair.views) {
    const std::string& server = view.job.target;
    task.readers.push_back(&session(sessions, server, compress));
    task.askers.push_back(&session(spare_sessions, server, compress));
    task.identities[server] = task_.job.servers.at(server).identity;
  }
  CompareOptions options;
  options.stop_at_first = task_.fast;
  options.stop = task_.request.stop;
  done.two_way =
      compare_two_way(task, file ? static_cast<ChangeSink&>(*file) : nowhere, options, observer_);
  done.outcome = std::move(done.two_way->table);
  const std::uint64_t changes = done.outcome.ops.changes();
  if (file) done.changes_path = file->close(changes > 0);
  done.compared = true;
  if (task_.fast && done.outcome.differs) give_up_ = true;
  observer_.table_finished(pair.job.address, done.outcome.source_rows, changes);
}

void TableWorkers::State::merge_again(std::size_t table, const HeldBack& held,
                                      ComparedTable& done) {
  if (task_.directory != nullptr) {
    if (!done.changes_path.empty()) task_.directory->discard(done.changes_path);
    if (!done.two_way->baseline.path.empty()) task_.directory->discard(done.two_way->baseline.path);
  }
  Sessions sessions;
  Sessions spare_sessions;
  done = {};
  merge_one(task_.job.pairs[table], done, sessions, spare_sessions, held);
}

/// nullopt: the pair's target is not known to replicate from its source.
std::optional<CatchUp> TableWorkers::State::catch_up_of(const TablePair& pair) const {
  const auto called_off = [this] { return stopped(); };
  if (pair.job.via_source()) return CatchUp(pair.job, kCatchUpAtMost, called_off);
  const auto found = task_.job.replicas.find({pair.job.source, pair.job.target});
  if (found == task_.job.replicas.end()) return std::nullopt;
  return CatchUp(pair.job.target, found->second, kLagAtMost, called_off);
}

TableOutcome TableWorkers::State::compare(const TablePair& pair, const TableWindows& windows,
                                          const MemberSessions& members, const SpareSessions& spare,
                                          ChangeSink& sink, const CompareOptions& options,
                                          bool compress) {
  if (is_by_window(windows))
    return compare_window(pair, task_.catalog, windows.front(), members, spare, sink, options,
                          observer_);
  if (!options.by_checksum && !pair.job.via_source() && is_large(pair) &&
      pair.job.options.threads > 1) {
    std::vector<KeyRange> ranges = find_ranges(pair, members.source);
    if (ranges.size() > 1) {
      observer_.note(pair.job.address + ": read in " + std::to_string(ranges.size()) + " ranges");
      RangeReading reading(pair, task_.catalog, std::move(ranges),
                           task_.directory != nullptr ? task_.directory->path() : "", options,
                           observer_);
      return read_with_others(reading, members, spare, sink, compress);
    }
  }
  return compare_table(pair, task_.catalog, members, spare, sink, options, observer_);
}

TableOutcome TableWorkers::State::read_with_others(RangeReading& reading,
                                                   const MemberSessions& members,
                                                   const SpareSessions& spare, ChangeSink& sink,
                                                   bool compress) {
  (void)spare();  // before others take what sessions a server has left
  std::unique_lock lock(mutex_);
  const auto open = readings_.insert(readings_.end(), {&reading, compress, members.catch_up, 0});
  changed_.notify_all();
  lock.unlock();
  reading.read(members, spare);
  lock.lock();
  changed_.wait(lock, [&] { return open->helpers == 0; });
  readings_.erase(open);
  lock.unlock();
  return reading.finish(sink);
}

TableWorkers::TableWorkers(const CompareTask& task, Connections& connections,
                           MethodChooser& methods, PlanObserver& observer)
    : state_(std::make_unique<State>(task, connections, methods, observer)) {}
TableWorkers::~TableWorkers() = default;

ComparedTables TableWorkers::run() { return state_->run(); }

void TableWorkers::merge_again(std::size_t table, const HeldBack& held, ComparedTable& done) {
  state_->merge_again(table, held, done);
}

}  // namespace rowplan::planner
