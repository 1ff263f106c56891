#include "planner/planner.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <tuple>

#include "planner/address.h"
#include "planner/connections.h"
#include "planner/galera.h"
#include "planner/job_digest.h"
#include "planner/limits.h"
#include "planner/method_choice.h"
#include "planner/plan_id.h"
#include "planner/plan_units.h"
#include "planner/replication_json.h"
#include "planner/resolve.h"
#include "planner/sha256.h"
#include "planner/sql_files.h"
#include "planner/table_workers.h"
#include "planner/windows.h"
#include "state/clock.h"

namespace rowplan::planner {

namespace {

using SteadyClock = std::chrono::steady_clock;

// Of tables in which rows are held back; what breaks a key after that is a finding.
constexpr unsigned kMergesAtMost = 20;

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

/// One planning run.
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
  void find_windows();
  void open_state();
  void hold_back_rows(TableWorkers& workers);
  [[nodiscard]] bool read_all_rows(TableWorkers& workers);
  [[nodiscard]] std::vector<TiedTable> tied_tables(const std::vector<std::size_t>& chunks) const;
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
  std::vector<TableWindows> windows_;  // of job_.pairs
  std::optional<state::Store> store_;  // where two-way tables have their baselines
  ComparedTables done_;
  Plan plan_;
};

Plan Planning::run() {
  const auto start = SteadyClock::now();
  job_ = resolve_job(*request_.manifest, request_.selection,
                     directory_ == nullptr ? Purpose::compare : Purpose::write, connections_);
  find_windows();
  for (const TablePair& pair : job_.pairs) {
    if (!pair.views) catalog_.add(pair);
    for (std::size_t m = 0; pair.views && m < pair.views->size(); ++m)
      catalog_.add((*pair.views)[m]);
  }
  open_state();
  plan_.run.timings_s["resolve"] = seconds_since(start);
  const auto comparing = SteadyClock::now();
  TableWorkers workers(
      {request_, directory_, fast_, job_, catalog_, windows_, store_ ? &*store_ : nullptr},
      connections_, methods_, observer_);
  done_ = workers.run();
  if (!fast_ && !stopped()) hold_back_rows(workers);
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

void Planning::open_state() {
  const bool any = std::any_of(job_.pairs.begin(), job_.pairs.end(),
                               [](const TablePair& pair) { return pair.job.two_way(); });
  if (!any) return;
  const Manifest& manifest = *request_.manifest;
  store_ = state::Store::open(beside(manifest.file, manifest.state_path),
                              state::OpenMode::read_only, {.job = manifest.name});
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
  for (const auto& [name, facts] : job_.servers)
    plan_.run.replication[name] = replication_json(name, job_.servers).dump();
  plan_.findings = job_.findings;
}

void Planning::fill_tables() {
  for (std::size_t i = 0; i < job_.pairs.size(); ++i) {
    const TablePair& pair = job_.pairs[i];
    ComparedTable& done = done_.tables[i];
    PlanTable table;
    table.changes_path = done.changes_path;
    table.address = pair.job.address;
    table.first = pair.job.source;
    table.target = pair.job.target;
    table.spokes = pair.job.spokes;
    table.via_source = pair.job.via_source();
    table.members = {{pair.job.source, encode_table(pair.source.name)},
                     {pair.job.target, encode_table(pair.target.name)}};
    for (std::size_t c = 0; c < pair.columns.size(); ++c) {
      table.columns.push_back(pair.columns[c].name);
      if (c < pair.key_columns) table.key.push_back(pair.columns[c].name);
    }
    table.schema_sha256 = pair_schema_sha256(pair);
    if (pair.job.two_way()) {
      table.baseline.emplace();
      table.conflict_column = pair.job.options.merge.conflict.column;
      for (const TablePair& view : *pair.views) {
        table.members[view.job.target] = encode_table(view.target.name);
        table.on[view.job.target];
      }
    }
    if (done.two_way) {
      table.baseline = done.two_way->baseline;
      table.on = done.two_way->on;
      table.unresolved = done.two_way->unresolved;
    }
    for (std::size_t m = 0; m < windows_[i].size(); ++m) {
      const Window& window = windows_[i][m];
      const PlanWatermark mark{window.from, window.to_text, !window.low};
      if (pair.job.two_way())
        table.on.at((*pair.views)[m].job.target).watermark = mark;
      else
        table.watermark = mark;
    }
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

/// `chunks`: how many each table has.
std::vector<TiedTable> Planning::tied_tables(const std::vector<std::size_t>& chunks) const {
  static const TieFacts none;
  std::vector<TiedTable> ties;
  for (std::size_t i = 0; i < job_.pairs.size(); ++i) {
    const ComparedTable& done = done_.tables[i];
    const auto count = static_cast<std::uint32_t>(chunks[i]);
    const auto& views = job_.pairs[i].views;
    if (!views) ties.push_back({&job_.pairs[i], &done.outcome.ties, count});
    const bool read = done.two_way && !done.two_way->ties.empty();
    for (std::size_t m = 0; views && m < views->size(); ++m)
      ties.push_back({&(*views)[m], read ? &done.two_way->ties[m] : &none, count, m > 0});
  }
  return ties;
}

/// Merged rows that break a unique or a foreign key wait for a person. Without them others may
/// break one: so until none does.
void Planning::hold_back_rows(TableWorkers& workers) {
  std::vector<HeldBack> held(job_.pairs.size());
  for (unsigned round = 0; round < kMergesAtMost; ++round) {
    std::vector<std::size_t> chunks;
    for (const ComparedTable& done : done_.tables) chunks.push_back(done.outcome.chunks.size());
    std::set<std::size_t> again;
    const std::vector<TiedTable> ties = tied_tables(chunks);
    const std::vector<UnsatisfiedTie> unsatisfied = unsatisfied_ties(ties);
    if (!unsatisfied.empty() && read_all_rows(workers)) continue;
    for (const UnsatisfiedTie& tie : unsatisfied) {
      const auto at =
          std::find_if(job_.pairs.begin(), job_.pairs.end(), [&](const TablePair& pair) {
            return pair.job.address == ties[tie.table].pair->job.address;
          });
      const auto i = static_cast<std::size_t>(at - job_.pairs.begin());
      held[i].emplace(tie.by, tie.unique ? ConflictKind::unique : ConflictKind::reference);
      again.insert(i);
    }
    for (const std::size_t i : again) workers.merge_again(i, held[i], done_.tables[i]);
    if (again.empty() || stopped()) return;
  }
}

/// What a merged row needs may be outside of the windows: that the row which has its unique value
/// was deleted elsewhere, say. False: all rows of all two-way tables were read.
bool Planning::read_all_rows(TableWorkers& workers) {
  bool any = false;
  for (std::size_t i = 0; i < job_.pairs.size() && !stopped(); ++i) {
    if (!job_.pairs[i].job.two_way() || !is_by_window(windows_[i])) continue;
    any = true;
    observer_.note(
        job_.pairs[i].job.address +
        ": a changed row depends on others outside of its window: all rows are compared");
    for (Window& window : windows_[i]) window.low.reset();
    workers.merge_again(i, {}, done_.tables[i]);
  }
  return any;
}

void Planning::fill_units() {
  std::vector<const ChangeSums*> sums;
  std::vector<std::size_t> chunks;
  for (std::size_t i = 0; i < job_.pairs.size(); ++i) {
    sums.push_back(&done_.tables[i].outcome.change_sums);
    chunks.push_back(plan_.tables[i].chunks.size());
  }
  planner::fill_units(plan_, job_.pairs, tied_tables(chunks), sums, directory_);
  judge_galera(plan_, job_.servers);
}

void Planning::fill_summary() {
  // Not in the order in which they were found, which is not the same for each method.
  std::sort(plan_.findings.begin(), plan_.findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.address, a.code, a.message) < std::tie(b.address, b.code, b.message);
  });
  plan_.complete = !fast_ || !done_.gave_up;
  for (std::size_t i = 0; i < done_.tables.size(); ++i) {
    const TableOutcome& outcome = done_.tables[i].outcome;
    if (!done_.tables[i].compared || !outcome.complete) plan_.complete = false;
    if (done_.tables[i].compared) ++plan_.summary.tables_compared;
    if (outcome.differs) ++plan_.summary.tables_changed;
    const Ops& ops = plan_.tables[i].ops;
    plan_.summary.rows_compared += outcome.source_rows;
    plan_.summary.ops.insert += ops.insert;
    plan_.summary.ops.update += ops.update;
    plan_.summary.ops.remove += ops.remove;
    plan_.summary.ops.conflict += ops.conflict;
    plan_.summary.ops.kept += ops.kept;
    plan_.summary.unresolved += plan_.tables[i].unresolved;
  }
  for (const Finding& finding : plan_.findings)
    if (finding.code == "table_missing" || finding.code == kSpokeMissing) plan_.complete = false;
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
