#include "planner/planner.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>
#include <tuple>

#include "mysql/quote.h"
#include "planner/address.h"
#include "planner/connections.h"
#include "planner/filter_moved.h"
#include "planner/galera.h"
#include "planner/limits.h"
#include "planner/method_choice.h"
#include "planner/plan_id.h"
#include "planner/plan_units.h"
#include "planner/refusal.h"
#include "planner/resolve.h"
#include "planner/sha256.h"
#include "planner/sql_files.h"
#include "planner/table_compare.h"
#include "planner/table_ranges.h"
#include "planner/window_compare.h"
#include "planner/windows.h"
#include "state/clock.h"

namespace rowplan::planner {

namespace {

using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

class NoSink : public ChangeSink {
 public:
  void append(const Change&) override {}
  void mark() override {}
  void rollback() override {}
};

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

/// One planning run: the tables side by side, each by one worker with two sessions.
class Planning {
 public:
  Planning(const PlanRequest& request, PlanDirectory* directory, bool fast, PlanObserver& observer)
      : request_(request),
        directory_(directory),
        fast_(fast),
        observer_(observer),
        connections_(*request.manifest, request.base_dir),
        methods_(observer) {}

  Plan run();

 private:
  struct Done {
    TableOutcome outcome;
    PlanTable table;
    bool compared = false;
  };

  /// A large table that its worker reads, and others may.
  struct OpenReading {
    RangeReading* reading = nullptr;
    bool compress = false;
    unsigned helpers = 0;
  };

  /// Of one worker, by server, and whether compressed.
  using Sessions = std::map<std::pair<std::string, bool>, mysql::Session>;

  void find_windows();
  [[nodiscard]] TableOutcome compare(const TablePair& pair, const std::optional<Window>& window,
                                     const MemberSessions& members, const SpareSessions& spare,
                                     ChangeSink& sink, const CompareOptions& options,
                                     bool compress);
  [[nodiscard]] TableOutcome read_with_others(RangeReading& reading, const MemberSessions& members,
                                              const SpareSessions& spare, ChangeSink& sink,
                                              bool compress);
  void compare_all();
  void work();
  void fail();
  [[nodiscard]] std::optional<std::size_t> next_table();
  [[nodiscard]] OpenReading* next_reading();
  [[nodiscard]] bool help(OpenReading& open, Sessions& sessions, Sessions& spare_sessions);
  void compare_one(std::size_t i, Sessions& sessions, Sessions& spare_sessions);
  [[nodiscard]] bool has_table_error(const std::string& address) const;
  [[nodiscard]] mysql::Session& session(Sessions& sessions, const std::string& server,
                                        bool compress);
  void fill_header();
  void fill_tables();
  void fill_units();
  void fill_summary();
  void write_files();
  [[nodiscard]] bool stopped() const { return request_.stop != nullptr && request_.stop->load(); }

  const PlanRequest& request_;
  PlanDirectory* directory_;
  bool fast_;
  PlanObserver& observer_;
  Connections connections_;
  MethodChooser methods_;
  ResolvedJob job_;
  PairCatalog catalog_;
  std::vector<std::optional<Window>> windows_;  // of job_.pairs
  std::vector<Done> done_;
  Plan plan_;

  std::mutex mutex_;
  std::vector<std::size_t> order_;  // in which the tables are compared
  std::size_t next_ = 0;
  std::size_t under_way_ = 0;
  std::list<OpenReading> readings_;
  std::condition_variable changed_;  // one of these
  std::exception_ptr failure_;
  std::atomic<bool> give_up_{false};
};

Plan Planning::run() {
  const auto start = SteadyClock::now();
  job_ = resolve_job(*request_.manifest, request_.selection, connections_);
  find_windows();
  for (const TablePair& pair : job_.pairs) catalog_.add(pair);
  plan_.run.timings_s["resolve"] = seconds_since(start);
  const auto comparing = SteadyClock::now();
  compare_all();
  plan_.run.timings_s["compare"] = seconds_since(comparing);
  if (stopped()) throw Interrupted{};
  fill_header();
  fill_tables();
  if (!fast_) fill_units();
  fill_summary();
  if (directory_ != nullptr) write_files();
  for (const Finding& finding : plan_.findings) observer_.finding(finding);
  return std::move(plan_);
}

/// A comparison that writes no plan moves no watermark, and reads all rows.
void Planning::find_windows() {
  if (directory_ == nullptr) {
    judge_incremental(job_, *request_.manifest);
    windows_.resize(job_.pairs.size());
    return;
  }
  windows_ = planner::find_windows(job_, *request_.manifest,
                                   request_.full ? Scope::all_rows : Scope::changes, connections_,
                                   observer_);
}

bool Planning::has_table_error(const std::string& address) const {
  return std::any_of(job_.findings.begin(), job_.findings.end(), [&](const Finding& finding) {
    return finding.severity == Severity::error && finding.address == address;
  });
}

void Planning::compare_all() {
  done_.resize(job_.pairs.size());
  std::uint64_t estimate = 0;
  unsigned threads = 1;
  for (const TablePair& pair : job_.pairs) {
    estimate += pair.job.rows_estimate;
    threads = std::max(threads, pair.job.options.threads);
    order_.push_back(order_.size());
  }
  // Large tables last: who has no table of his own any more helps with them.
  std::stable_partition(order_.begin(), order_.end(),
                        [this](std::size_t i) { return !is_large(job_.pairs[i]); });
  observer_.compare_started(job_.pairs.size(), estimate);
  if (std::none_of(job_.pairs.begin(), job_.pairs.end(), is_large))
    threads = std::min(threads, static_cast<unsigned>(std::max<std::size_t>(1, order_.size())));
  std::vector<std::thread> workers;
  for (unsigned i = 1; i < threads; ++i) workers.emplace_back([this] { work(); });
  work();
  for (std::thread& worker : workers) worker.join();
  if (failure_) std::rethrow_exception(failure_);
}

std::optional<std::size_t> Planning::next_table() {
  const std::lock_guard lock(mutex_);
  if (failure_ || next_ >= order_.size() || stopped() || give_up_) return std::nullopt;
  ++under_way_;
  return order_[next_++];
}

/// A table that wants readers; waits for one as long as tables are under way.
Planning::OpenReading* Planning::next_reading() {
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
void Planning::fail() {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::current_exception();
  give_up_ = true;
}

void Planning::work() {
  Sessions sessions;
  Sessions spare_sessions;
  while (const std::optional<std::size_t> mine = next_table()) {
    try {
      // Who waits for a busy server does not stay connected to it.
      if (request_.pause && request_.pause(job_.pairs[*mine].job.pair)) {
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
bool Planning::help(OpenReading& open, Sessions& sessions, Sessions& spare_sessions) {
  const TableJob& job = open.reading->pair().job;
  bool may_go_on = true;
  try {
    const MemberSessions members{session(sessions, job.source, open.compress),
                                 session(sessions, job.target, open.compress)};
    const MemberSessions others{session(spare_sessions, job.source, open.compress),
                                session(spare_sessions, job.target, open.compress)};
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

mysql::Session& Planning::session(Sessions& sessions, const std::string& server, bool compress) {
  auto found = sessions.find({server, compress});
  if (found != sessions.end() && !found->second.is_open()) {
    sessions.erase(found);
    found = sessions.end();
  }
  if (found == sessions.end())
    found = sessions
                .emplace(std::pair(server, compress),
                         connections_.open(server, mysql::SessionMode::read_only, compress))
                .first;
  return found->second;
}

void Planning::compare_one(std::size_t i, Sessions& sessions, Sessions& spare_sessions) {
  const TablePair& pair = job_.pairs[i];
  if (has_table_error(pair.job.address)) return;  // must not be compared
  Done& done = done_[i];
  observer_.table_started(pair.job.address, pair.job.rows_estimate);
  const bool compress = pair.job.options.compress == Compress::yes;
  const MethodChoice choice = methods_.choose(pair, session(sessions, pair.job.source, compress),
                                              session(sessions, pair.job.target, compress));
  mysql::Session& source = session(sessions, pair.job.source, choice.compress);
  mysql::Session& target = session(sessions, pair.job.target, choice.compress);
  CompareOptions options;
  options.stop_at_first = fast_;
  options.stop = request_.stop;
  options.by_checksum = choice.method == Method::checksum;
  NoSink nowhere;
  std::optional<FileSink> file;
  if (directory_ != nullptr)
    file.emplace(*directory_,
                 changes_path(encode_name(pair.job.pair), encode_table(pair.job.source_table)),
                 pair.job.options.limits.max_plan_bytes, pair.job.address);
  ChangeSink& sink = file ? static_cast<ChangeSink&>(*file) : nowhere;
  // The first sessions are busy with the rows, while others are looked up.
  const SpareSessions spare = [&] {
    return MemberSessions{session(spare_sessions, pair.job.source, choice.compress),
                          session(spare_sessions, pair.job.target, choice.compress)};
  };
  // Without a key, a row that the filter no longer takes is just another row.
  const bool guarded = !filter_of(pair, Side::target).empty() && !pair.is_keyless();
  const MemberSessions asked = guarded ? spare() : MemberSessions{source, target};
  FilterGuard guard(pair, asked.source, asked.target, sink);
  ChangeSink& first = guarded ? static_cast<ChangeSink&>(guard) : sink;
  done.outcome =
      compare(pair, windows_[i], {source, target}, spare, first, options, choice.compress);
  for (const Finding& finding : guard.findings()) done.outcome.findings.push_back(finding);
  done.outcome.ops.insert -= guard.followed();
  done.outcome.ops.update += guard.followed();
  if (file) done.table.changes_path = file->close(done.outcome.ops.changes() > 0);
  done.compared = true;
  if (fast_ && done.outcome.differs) give_up_ = true;
  observer_.table_finished(pair.job.address, done.outcome.source_rows, done.outcome.ops.changes());
}

TableOutcome Planning::compare(const TablePair& pair, const std::optional<Window>& window,
                               const MemberSessions& members, const SpareSessions& spare,
                               ChangeSink& sink, const CompareOptions& options, bool compress) {
  if (window && window->low)
    return compare_window(pair, catalog_, *window, members, spare, sink, options, observer_);
  if (!options.by_checksum && is_large(pair) && pair.job.options.threads > 1) {
    std::vector<KeyRange> ranges = find_ranges(pair, members.source);
    if (ranges.size() > 1) {
      observer_.note(pair.job.address + ": read in " + std::to_string(ranges.size()) + " ranges");
      RangeReading reading(pair, catalog_, std::move(ranges),
                           directory_ != nullptr ? directory_->path() : "", options, observer_);
      return read_with_others(reading, members, spare, sink, compress);
    }
  }
  return compare_table(pair, catalog_, members.source, members.target, spare, sink, options,
                       observer_);
}

TableOutcome Planning::read_with_others(RangeReading& reading, const MemberSessions& members,
                                        const SpareSessions& spare, ChangeSink& sink,
                                        bool compress) {
  (void)spare();  // before others take what sessions a server has left
  std::unique_lock lock(mutex_);
  const auto open = readings_.insert(readings_.end(), {&reading, compress, 0});
  changed_.notify_all();
  lock.unlock();
  reading.read(members, spare);
  lock.lock();
  changed_.wait(lock, [&] { return open->helpers == 0; });
  readings_.erase(open);
  lock.unlock();
  return reading.finish(sink);
}

void Planning::fill_header() {
  const auto now = std::chrono::system_clock::now();
  plan_.run.plan_id = new_plan_id(now);
  plan_.run.created_at = state::rfc3339_utc(now);
  plan_.run.expires_at =
      state::rfc3339_utc(now + std::chrono::duration_cast<std::chrono::system_clock::duration>(
                                   request_.manifest->policy.plan_ttl));
  plan_.run.tool_version = request_.tool_version;
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) == 0) plan_.run.host = host.data();
  plan_.run.method = methods_.method();
  plan_.run.method_reason = methods_.reason();
  std::vector<TableJob> jobs;
  for (const TablePair& pair : job_.pairs) jobs.push_back(pair.job);
  plan_.job_sha256 = job_sha256(*request_.manifest, jobs);
  plan_.manifest_sha256 = sha256_hex(request_.manifest_text);
  plan_.only = request_.selection.only;
  plan_.exclude = request_.selection.exclude;
  for (const auto& [name, facts] : job_.servers)
    plan_.servers[name] = {facts.identity, mysql::vendor_name(facts.vendor), facts.version,
                           mysql::role_of(facts)};
  plan_.findings = job_.findings;
}

void Planning::fill_tables() {
  for (std::size_t i = 0; i < job_.pairs.size(); ++i) {
    const TablePair& pair = job_.pairs[i];
    Done& done = done_[i];
    PlanTable table = std::move(done.table);
    table.address = pair.job.address;
    table.first = pair.job.source;
    table.target = pair.job.target;
    table.members = {{pair.job.source, encode_table(pair.source.name)},
                     {pair.job.target, encode_table(pair.target.name)}};
    for (std::size_t c = 0; c < pair.columns.size(); ++c) {
      table.columns.push_back(pair.columns[c].name);
      if (c < pair.key_columns) table.key.push_back(pair.columns[c].name);
    }
    table.schema_sha256 = pair_schema_sha256(pair);
    if (windows_[i]) table.watermark = {windows_[i]->from, windows_[i]->to_text, !windows_[i]->low};
    table.ops = done.outcome.ops;
    table.rows_compared = done.outcome.source_rows;
    table.target_rows = done.outcome.target_rows;
    table.chunks = std::move(done.outcome.chunks);
    for (const PlanChunk& chunk : table.chunks) table.changes_lines += chunk.changes;
    for (const Finding& finding : done.outcome.findings) plan_.findings.push_back(finding);
    if (done.compared) judge_limits(table, pair.job.options, plan_.findings);
    plan_.tables.push_back(std::move(table));
  }
}

void Planning::fill_units() {
  std::vector<TiedTable> ties;
  std::vector<const ChangeSums*> sums;
  for (std::size_t i = 0; i < job_.pairs.size(); ++i) {
    ties.push_back({&job_.pairs[i], &done_[i].outcome.ties,
                    static_cast<std::uint32_t>(plan_.tables[i].chunks.size())});
    sums.push_back(&done_[i].outcome.change_sums);
  }
  planner::fill_units(plan_, job_.pairs, ties, sums, directory_);
  judge_galera(plan_, job_.servers);
}

void Planning::fill_summary() {
  // Not in the order in which they were found, which is not the same for each method.
  std::sort(plan_.findings.begin(), plan_.findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.address, a.code, a.message) < std::tie(b.address, b.code, b.message);
  });
  plan_.complete = !fast_ || !give_up_;
  for (std::size_t i = 0; i < done_.size(); ++i) {
    const TableOutcome& outcome = done_[i].outcome;
    if (!done_[i].compared || !outcome.complete) plan_.complete = false;
    if (done_[i].compared) ++plan_.summary.tables_compared;
    if (outcome.differs) ++plan_.summary.tables_changed;
    const Ops& ops = plan_.tables[i].ops;
    plan_.summary.rows_compared += outcome.source_rows;
    plan_.summary.ops.insert += ops.insert;
    plan_.summary.ops.update += ops.update;
    plan_.summary.ops.remove += ops.remove;
    plan_.summary.ops.conflict += ops.conflict;
    plan_.summary.ops.kept += ops.kept;
  }
  for (const Finding& finding : plan_.findings)
    if (finding.code == "table_missing") plan_.complete = false;
  plan_.applyable = !has_error(plan_.findings);
}

void Planning::write_files() {
  const auto start = SteadyClock::now();
  plan_.sql_complete = write_sql_files(*directory_, plan_, job_.pairs);
  write_summary(*directory_, plan_, request_.manifest->output.sample_rows);
  plan_.run.timings_s["write"] = seconds_since(start);
}

}  // namespace

WrittenPlan make_plan(const PlanRequest& request, PlanDirectory& directory,
                      PlanObserver& observer) {
  WrittenPlan written;
  written.plan = Planning(request, &directory, false, observer).run();
  written.digest = directory.finish(written.plan);
  return written;
}

Plan compare_only(const PlanRequest& request, bool fast, PlanObserver& observer) {
  return Planning(request, nullptr, fast, observer).run();
}

}  // namespace rowplan::planner
