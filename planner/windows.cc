#include "planner/windows.h"

#include <algorithm>

#include "mysql/quote.h"
#include "mysql/write_position.h"
#include "planner/chains.h"
#include "planner/inspection.h"
#include "planner/refusal.h"
#include "planner/roles.h"
#include "planner/stamped_tables.h"
#include "planner/two_way_table.h"
#include "planner/watermark_column.h"
#include "state/baselines.h"
#include "state/behind_lists.h"
#include "state/sync_positions.h"
#include "state/watermarks.h"

namespace rowplan::planner {

namespace {

constexpr std::chrono::hours kHeldTooLong{1};

bool is_incremental(const TablePair& pair) { return pair.job.options.incremental.has_value(); }

class Windows {
 public:
  Windows(ResolvedJob& job, const Manifest& manifest, Scope scope, Connections& connections,
          PlanObserver& observer)
      : job_(job),
        manifest_(manifest),
        scope_(scope),
        connections_(connections),
        observer_(observer) {}

  std::vector<TableWindows> find() {
    std::vector<TableWindows> windows(job_.pairs.size());
    need_sources_seen(job_);
    store_ = state::Store::open(beside(manifest_.file, manifest_.state_path),
                                state::OpenMode::read_only, {.job = manifest_.name});
    for (std::size_t i = 0; i < job_.pairs.size(); ++i)
      if (is_incremental(job_.pairs[i]) && !has_error(job_.pairs[i].job.address))
        windows[i] = windows_of(job_.pairs[i]);
    return windows;
  }

 private:
  struct Source {
    mysql::Session session;
    mysql::SourceClock clock;
  };
  using Marks = std::vector<std::optional<state::Watermark>>;  // of the stamped tables

  [[nodiscard]] bool has_error(const std::string& address) const {
    return std::any_of(job_.findings.begin(), job_.findings.end(), [&](const Finding& finding) {
      return finding.severity == Severity::error && finding.address == address;
    });
  }

  void tell(const char* code, Severity severity, const std::string& address,
            const std::string& message, const std::string& hint) {
    job_.findings.push_back({code, severity, address, message, hint});
  }

  Source& source_of(const TablePair& pair) {
    const std::string& server = pair.job.source;
    auto found = sources_.find(server);
    if (found != sources_.end()) return found->second;
    mysql::Session session = connections_.open(server, mysql::SessionMode::read_only);
    mysql::SourceClock clock = mysql::read_source_clock(session);
    judge_skew(session, pair);
    return sources_.emplace(server, Source{std::move(session), std::move(clock)}).first->second;
  }

  void judge_skew(mysql::Session& source, const TablePair& pair) {
    std::map<std::string, Inspection::Server> clocks;
    clocks[pair.job.source].clock_ahead_s = mysql::clock_ahead_s(source);
    clocks[pair.job.target].clock_ahead_s = mysql::clock_ahead_s(target_of(pair));
    Findings skewed;
    judge_clocks(clocks, skewed);
    for (Finding& finding : skewed) {
      finding.address = pair.job.pair;
      const bool told =
          std::any_of(job_.findings.begin(), job_.findings.end(), [&](const Finding& other) {
            return other.code == finding.code && other.address == finding.address;
          });
      if (!told) job_.findings.push_back(std::move(finding));
    }
  }

  mysql::Session& target_of(const TablePair& pair) {
    const std::string& server = pair.job.target;
    auto found = targets_.find(server);
    if (found == targets_.end())
      found =
          targets_.emplace(server, connections_.open(server, mysql::SessionMode::read_only)).first;
    return found->second;
  }

  /// Empty: something stands against it.
  TableWindows windows_of(const TablePair& pair) {
    const std::vector<TablePair> tables = stamped_tables(pair);
    Marks marks;
    for (const TablePair& table : tables) {
      if (!can_be_read(table)) return {};
      marks.push_back(store_ ? state::Watermarks(*store_).find(mark_address(table)) : std::nullopt);
    }
    const bool all =
        pair.job.two_way() ? all_members_rows(tables, marks) : all_rows(pair, marks[0]);
    TableWindows windows;
    bool any_full = false;
    for (std::size_t i = 0; i < tables.size(); ++i) {
      windows.push_back(window_of(tables[i], marks[i], all));
      any_full = any_full || !windows.back().low;
    }
    for (Window& window : windows)
      if (any_full) window.low.reset();
    return windows;
  }

  bool can_be_read(const TablePair& pair) {
    Source& source = source_of(pair);
    if (unknown_position(pair, source.clock)) return false;
    if (!has_null_stamp(source.session, pair)) return true;
    tell("incremental_null", Severity::error, pair.job.address,
         "there are rows with NULL in '" + mysql::printable(pair.job.options.incremental->column) +
             "'" + (pair.job.two_way() ? " on '" + pair.job.source + "'" : std::string()) +
             ": no window holds them",
         "give them a time, and make the column NOT NULL");
    return false;
  }

  Window window_of(const TablePair& pair, const std::optional<state::Watermark>& mark, bool all) {
    const std::string& address = pair.job.address;
    const mysql::SourceClock& clock = source_of(pair).clock;
    const Incremental& incremental = *pair.job.options.incremental;
    const Bound bound = upper_bound(clock, incremental);
    if (bound.holder != nullptr && clock.now - bound.at > kHeldTooLong)
      tell_held(pair, *bound.holder, clock.now);
    Window window;
    const std::optional<Instant> stored = instant_of(mark);
    if (mark) window.from = mark->value;
    const WindowKind kind =
        make_window(incremental, {stored, all, bound.at, clock.now, stamp_digits(pair)}, window);
    if (kind == WindowKind::clock_is_back)
      tell("incremental_clock_back", Severity::warning, address,
           "the clock of '" + pair.job.source + "' says " + to_text(clock.now) +
               ", which is before the watermark " + *window.from +
               ": all rows are compared, and the watermark goes back",
           "see why the clock went back, or who set the watermark");
    if (kind == WindowKind::empty)
      observer_.note(mark_address(pair) + ": nothing after the watermark " + *window.from +
                     " is complete yet");
    return window;
  }

  bool unknown_position(const TablePair& pair, const mysql::SourceClock& clock) {
    for (const mysql::Applier& applier : clock.appliers) {
      if (applier.reached) continue;
      tell(
          "incremental_source_position", Severity::error, pair.job.address,
          "'" + pair.job.source + "' is a replica whose position is not known" +
              (applier.channel.empty() ? std::string()
                                       : " (channel '" + mysql::printable(applier.channel) + "')") +
              ": its replication does not run",
          "start replication there, or read from its source");
      return true;
    }
    return false;
  }

  void tell_held(const TablePair& pair, const mysql::Holder& holder, Instant now) {
    const auto minutes = std::chrono::floor<std::chrono::minutes>(now - holder.since).count();
    tell("incremental_held_back", Severity::warning, pair.job.address,
         std::string("the watermark ") +
             (pair.job.two_way() ? "of '" + pair.job.source + "' " : std::string()) +
             "is held back for " + std::to_string(minutes) + " minutes by " +
             (holder.transaction ? "an open transaction" : "a statement") +
             (holder.connection == 0
                  ? std::string(" without a connection")
                  : " of connection " + std::to_string(holder.connection) + " (" +
                        mysql::printable(holder.user) + "@" + mysql::printable(holder.host) + ")"),
         "end it: rows that changed since are not synced before the next full comparison");
  }

  /// Under what the state has the watermark of a stamped table.
  static std::string mark_address(const TablePair& pair) {
    if (!pair.job.two_way()) return pair.job.address;
    return member_address(pair.job.address, pair.job.source);
  }

  static std::optional<Instant> instant_of(const std::optional<state::Watermark>& mark) {
    if (!mark) return std::nullopt;
    const auto stored = parse_instant(mark->value);
    if (!stored)
      throw Refusal(
          RefusalReason::state,
          mark->address + ": the watermark '" + mysql::printable(mark->value) + "' is no time",
          "rowplan state set-watermark");
    return stored;
  }

  /// A member that was not there when the others' watermarks were moved has not seen what these
  /// have passed, so their windows do not tell what it lacks. All were moved at once by one plan,
  /// or all rows are compared. Restored and exchanged members are the merge's to refuse.
  bool all_members_rows(const std::vector<TablePair>& members, const Marks& marks) {
    const std::string& address = members.front().job.address;
    if (scope_ == Scope::all_rows) return true;
    for (const auto& mark : marks) {
      if (!mark) return true;
      if (mark->plan_id == marks.front()->plan_id) continue;
      observer_.note(address + ": its watermarks are not of one sync: all rows are compared");
      return true;
    }
    const auto baseline = state::Baselines(*store_).find(address);
    if (!baseline || is_any_behind(members, *baseline)) return true;
    for (const TablePair& member : members) {
      const auto known = state::SyncPositions(*store_).find(mark_address(member));
      if (!known || full_is_due(member, known->full_compare_at)) return true;
    }
    return false;
  }

  /// Of rows that a member has not seen moving, its windows tell nothing.
  bool is_any_behind(const std::vector<TablePair>& members, const state::BaselineInfo& baseline) {
    const auto lists = state::BehindLists(*store_).of(baseline);
    return std::any_of(lists.begin(), lists.end(), [&](const state::BehindInfo& list) {
      return std::any_of(members.begin(), members.end(),
                         [&](const TablePair& member) { return member.job.source == list.member; });
    });
  }

  /// Is something in the way of reading a window alone? Told, where a person should know.
  bool all_rows(const TablePair& pair, const std::optional<state::Watermark>& mark) {
    const std::string& address = pair.job.address;
    if (!mark || scope_ == Scope::all_rows) return true;
    if (pair.is_keyless()) {
      observer_.note(address + ": without a key, all rows are compared");
      return true;
    }
    const auto known = state::SyncPositions(*store_).find(address);
    if (!known) return false;  // a person set the watermark
    if (known->source != job_.servers.at(pair.job.source).identity) {
      tell("incremental_source_changed", Severity::warning, address,
           "'" + pair.job.source +
               "' is another server than at the last sync: all rows are compared",
           "");
      return true;
    }
    if (known->target != job_.servers.at(pair.job.target).identity ||
        !mysql::position_contains(target_of(pair), known->target_position)) {
      tell("incremental_target_restored", Severity::warning, address,
           "'" + pair.job.target +
               "' does not hold all that it held at the last sync, as after a restore from a "
               "backup: "
               "all rows are compared",
           "");
      return true;
    }
    return full_is_due(pair, known->full_compare_at);
  }

  bool full_is_due(const TablePair& pair, const std::string& full_compare_at) {
    const auto last = parse_instant(full_compare_at);
    const Instant now =
        std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    const auto every = pair.job.options.incremental->full_every;
    if (last && now - *last < every && *last <= now) return false;
    observer_.note(pair.job.address + ": a full comparison is due");
    return true;
  }

  ResolvedJob& job_;
  const Manifest& manifest_;
  Scope scope_;
  Connections& connections_;
  PlanObserver& observer_;
  std::optional<state::Store> store_;
  std::map<std::string, Source> sources_;
  std::map<std::string, mysql::Session> targets_;
};

}  // namespace

void judge_incremental(ResolvedJob& job, const Manifest& manifest) {
  for (const TablePair& pair : job.pairs) {
    if (!is_incremental(pair)) continue;
    for (const TablePair& table : stamped_tables(pair)) judge_watermark_column(table, job.findings);
  }
  judge_chains(job, manifest);
}

std::vector<TableWindows> find_windows(ResolvedJob& job, const Manifest& manifest, Scope scope,
                                       Connections& connections, PlanObserver& observer) {
  judge_incremental(job, manifest);
  const bool any = std::any_of(job.pairs.begin(), job.pairs.end(), is_incremental);
  if (!any) return std::vector<TableWindows>(job.pairs.size());
  return Windows(job, manifest, scope, connections, observer).find();
}

}  // namespace rowplan::planner
