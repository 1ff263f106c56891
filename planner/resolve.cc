#include "planner/resolve.h"

#include <algorithm>
#include <set>

#include "mysql/check_constraints.h"
#include "mysql/error.h"
#include "mysql/quote.h"
#include "mysql/table_reader.h"
#include "planner/address.h"
#include "planner/audit_resolve.h"
#include "planner/expansion.h"
#include "planner/refusal.h"
#include "planner/replication_judge.h"
#include "planner/roles.h"
#include "planner/selector.h"
#include "planner/sight.h"
#include "planner/tombstones.h"
#include "planner/triggers.h"
#include "planner/two_way_table.h"
#include "planner/via_source.h"

namespace rowplan::planner {

namespace {

using mysql::TableName;

std::string shown(const TableName& name) { return encode_table(name); }

/// One server may have two names.
void refuse_shared_targets(const std::vector<TableJob>& jobs,
                           const std::map<std::string, mysql::Facts>& servers) {
  std::map<std::pair<std::string, TableName>, std::string> reached;
  for (const TableJob& job : jobs) {
    const std::vector<std::string> changed =
        job.two_way() ? job.members() : std::vector<std::string>{job.target};
    for (const std::string& member : changed) {
      const TableName& table = job.table_on(member);
      const auto [it, fresh] =
          reached.try_emplace({servers.at(member).identity, table}, job.address);
      // That two of its own members are one server is a finding.
      if (!fresh && it->second != job.address)
        throw Refusal(RefusalReason::manifest,
                      it->second + " and " + job.address + " both write " + shown(table) + " on '" +
                          member + "'",
                      "let each target table be reached once");
    }
  }
}

/// What a run writes about itself must not be among what it compares.
void refuse_audit_table(const Manifest& manifest, const std::vector<TableJob>& jobs) {
  if (!manifest.output.audit_table) return;
  // Whether names differ by case is the servers' to say: here it is the safe side that counts.
  const auto folded = [](const TableName& name) {
    std::string text = encode_table(name);
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
  };
  const std::string audit = folded(*manifest.output.audit_table);
  std::set<std::string> audited;
  for (const PairSpec& pair : manifest.pairs) {
    audited.insert(pair.target);
    audited.insert(pair.spokes.begin(), pair.spokes.end());
  }
  for (const TableJob& job : jobs)
    if (folded(job.target_table) == audit ||
        (folded(job.source_table) == audit && audited.count(job.source) > 0))
      throw Refusal(RefusalReason::manifest,
                    job.address +
                        " is the audit table of the manifest's [output], which is no "
                        "table to sync",
                    "exclude it: \"!" + shown(job.source_table) + "\" in tables");
}

/// Sessions for reading schemas, one a server.
class Readers {
 public:
  explicit Readers(Connections& connections) : connections_(connections) {}
  mysql::Session& at(const std::string& server) {
    auto found = sessions_.find(server);
    if (found == sessions_.end())
      found =
          sessions_.emplace(server, connections_.open(server, mysql::SessionMode::read_only)).first;
    return found->second;
  }

 private:
  Connections& connections_;
  std::map<std::string, mysql::Session> sessions_;
};

const PairSpec& spec_of(const Manifest& manifest, const std::string& pair) {
  return *std::find_if(manifest.pairs.begin(), manifest.pairs.end(),
                       [&](const PairSpec& spec) { return spec.name == pair; });
}

/// What is read of the servers, on the way to a ResolvedJob.
class Resolution {
 public:
  Resolution(const Manifest& manifest, Purpose purpose, Connections& connections)
      : manifest_(manifest), purpose_(purpose), connections_(connections), readers_(connections) {}

  /// False, and told: a spoke that cannot be reached, and may be left out. Throws where that
  /// leaves nothing of its group.
  [[nodiscard]] bool reach(const PairSpec& pair, std::size_t spokes_left) {
    if (!pair.may_be_missing || pair.two_way()) return true;
    try {
      (void)readers_.at(pair.target);
      reached_.insert(pair.group);
      return true;
    } catch (const mysql::Error& error) {
      if (!is_away(error) || (spokes_left == 0 && reached_.count(pair.group) == 0)) throw;
      tell_left_out(pair.name, pair.target, error);
      return false;
    }
  }

  /// A two-way group without the spokes that cannot be reached, where these may be left out. Throws
  /// where that leaves none.
  [[nodiscard]] PairSpec reachable(const PairSpec& pair) {
    if (!pair.may_be_missing || !pair.two_way()) return pair;
    PairSpec left = pair;
    left.spokes.clear();
    for (const std::string& spoke : pair.spokes) {
      try {
        (void)readers_.at(spoke);
        left.spokes.push_back(spoke);
      } catch (const mysql::Error& error) {
        const bool last = left.spokes.empty() && spoke == pair.spokes.back();
        if (!is_away(error) || last) throw;
        tell_left_out(spoke_name(pair.name, spoke), spoke, error);
      }
    }
    left.target = left.spokes.front();
    return left;
  }

  [[nodiscard]] const std::map<std::string, mysql::Facts>& servers() const { return job_.servers; }

  /// Facts, privileges and roles of the pair's servers.
  void look_at_servers(const PairSpec& pair) {
    for (const std::string& server : pair.members()) {
      if (job_.servers.count(server) > 0) continue;
      job_.servers.emplace(server, mysql::read_facts(readers_.at(server)));
      job_.privileges.emplace(server, mysql::read_privileges(readers_.at(server)));
    }
    if (!judged_.insert(pair.name).second) return;
    if (!pair.via_source()) {
      if (pair.two_way())
        judge_members(pair);
      else
        judge_roles(manifest_, pair, purpose_, member(pair.source), member(pair.target),
                    job_.findings, missing_);
      return;
    }
    auto link = judge_link(manifest_, pair, link_member(pair.source), link_member(pair.target),
                           job_.findings, missing_);
    if (link) links_.emplace(pair.name, std::move(*link));
  }

  [[nodiscard]] std::vector<TableJob> expand(const PairSpec& pair) {
    std::vector<TableJob> jobs = planner::expand(
        pair, readers_.at(pair.source), job_.privileges.at(pair.source), job_.findings, missing_);
    if (pair.two_way()) add_of_others(pair, jobs);
    return jobs;
  }

  /// Reads what the jobs' tables look like. What refers to a table, or fires on it, matters where
  /// it is written.
  void look_at_tables(const std::vector<TableJob>& jobs) {
    std::map<std::string, std::vector<TableName>> sources;
    std::map<std::string, std::vector<TableName>> linked;  // sources that are written, too
    std::map<std::string, std::vector<TableName>> targets;
    for (const TableJob& job : jobs) {
      const bool written = job.via_source() || job.two_way();
      (written ? linked : sources)[job.source].push_back(job.source_table);
      if (job.options.tombstones) sources[job.source].push_back(*job.options.tombstones);
      targets[job.target].push_back(job.target_table);
      for (const std::string& spoke : job.spokes)
        if (spoke != job.target) targets[spoke].push_back(job.target_table);
    }
    using mysql::Relations;
    for (const auto& [server, names] : linked)
      sources_[server] = mysql::read_tables(readers_.at(server), names, Relations::all);
    for (const auto& [server, names] : sources)
      sources_[server].merge(mysql::read_tables(readers_.at(server), names, Relations::none));
    for (const auto& [server, names] : targets)
      targets_[server] = mysql::read_tables(readers_.at(server), names, Relations::all);
  }

  /// Of a table that was looked at.
  void pair_up(const TableJob& job) {
    if (job.two_way()) return merge_up(job);
    const mysql::Privileges& target_user = job_.privileges.at(job.target);
    const bool seen =
        need_table_seen(job.source, job_.privileges.at(job.source), job.source_table, missing_);
    if (!need_table_seen(job.target, target_user, job.target_table, missing_) || !seen) return;
    const mysql::Table* const source = find(sources_.at(job.source), job.source_table);
    const mysql::Table* const target = find(targets_.at(job.target), job.target_table);
    if (source == nullptr || target == nullptr || !is_table(target->kind)) {
      const std::string& server = source != nullptr ? job.target : job.source;
      tell_missing(job.address, server, job.table_on(server));
      return;
    }
    const PairSpec& spec = spec_of(manifest_, job.pair);
    need_relations_seen(spec, job.target, job.address, *target, target_user, job_.findings,
                        missing_);
    if (job.via_source())
      need_relations_seen(spec, job.source, job.address, *source, job_.privileges.at(job.source),
                          job_.findings, missing_);
    job_.pairs.push_back(pair_tables(job, *source, *target, job_.servers.at(job.source).vendor,
                                     job_.servers.at(job.target).vendor, job_.findings));
    look_at_tombstones(job_.pairs.back());
    look_at_link(job_.pairs.back());
  }

  /// `all`: the tables of all pairs, selected or not.
  void look_at_audit(const std::vector<TableJob>& all) {
    const auto session = [this](const std::string& server) -> mysql::Session& {
      return readers_.at(server);
    };
    find_audit_logs(job_.pairs, all, {session, job_.privileges}, job_.findings, missing_);
  }

  /// What can be told only of all pairs together. Throws Refusal{access} if anything could not be
  /// seen.
  [[nodiscard]] ResolvedJob finish() {
    missing_.refuse();
    std::set<std::string> with_triggers;
    for (const TablePair& pair : job_.pairs)
      if (!pair.target.triggers.empty()) with_triggers.insert(pair.job.target);
    for (const std::string& server : with_triggers)
      find_touched(job_.pairs, server, mysql::list_routines(readers_.at(server)));
    judge_touched(job_.pairs, job_.findings);
    judge_replication(manifest_, purpose_, connections_, job_);
    return std::move(job_);
  }

 private:
  using Tables = std::map<TableName, mysql::Table>;

  [[nodiscard]] static const mysql::Table* find(const Tables& tables, const TableName& name) {
    const auto found = tables.find(name);
    return found == tables.end() ? nullptr : &found->second;
  }

  /// The table of a two-way job, on all its members.
  void merge_up(const TableJob& job) {
    const std::vector<std::string> members = job.members();
    bool seen = true;
    for (const std::string& server : members)
      if (!need_table_seen(server, job_.privileges.at(server), job.table_on(server), missing_))
        seen = false;
    if (!seen) return;
    std::vector<MemberTable> tables;
    for (const std::string& server : members) {
      const TableName& name = job.table_on(server);
      const Tables& read = server == job.source ? sources_.at(server) : targets_.at(server);
      const mysql::Table* const table = find(read, name);
      if (table == nullptr || !is_table(table->kind)) {
        tell_missing(job.address, server, name);
        continue;
      }
      tables.push_back({table, job_.servers.at(server).vendor});
    }
    if (tables.size() < members.size()) return;
    const PairSpec& spec = spec_of(manifest_, job.pair);
    for (std::size_t m = 0; m < members.size(); ++m)
      need_relations_seen(spec, members[m], job.address, *tables[m].table,
                          job_.privileges.at(members[m]), job_.findings, missing_);
    Findings told;
    job_.pairs.push_back(merge_tables(job, tables, told));
    for (Finding& finding : told) job_.findings.push_back(std::move(finding));
  }

  void tell_missing(const std::string& address, const std::string& server, const TableName& name) {
    job_.findings.push_back({"table_missing", Severity::error, address,
                             "there is no table " + shown(name) + " on '" + server + "'",
                             "create it there, or rename or exclude it in the manifest"});
  }

  [[nodiscard]] static bool is_away(const mysql::Error& error) {
    return error.is_unreachable() || error.is_connection_lost();
  }

  void tell_left_out(const std::string& address, const std::string& spoke,
                     const mysql::Error& error) {
    job_.findings.push_back(
        {kSpokeMissing, Severity::warning, address,
         "the spoke '" + spoke + "' cannot be reached and is left out: " + error.what(),
         "nothing is known of its rows; it is compared again when it is "
         "back, or set on_missing = \"fail\""});
  }

  void look_at_tombstones(TablePair& pair) {
    const auto& name = pair.job.options.tombstones;
    if (!name || pair.is_keyless()) return;
    const std::string& server = pair.job.source;
    if (!need_table_seen(server, job_.privileges.at(server), *name, missing_)) return;
    if (const mysql::Table* const table = find(sources_.at(server), *name))
      pair.tombstones = *table;
    judge_tombstones(pair, job_.findings);
  }

  /// Each member is written, and every two of them must be two.
  void judge_members(const PairSpec& pair) {
    const std::vector<std::string> members = pair.members();
    for (std::size_t to = 0; to < members.size(); ++to)
      for (std::size_t from = 0; from < members.size(); ++from) {
        if (from == to) continue;
        PairSpec one = pair;
        one.source = members[from];
        one.target = members[to];
        Findings told;
        judge_roles(manifest_, one, purpose_, member(one.source), member(one.target), told,
                    missing_);
        for (Finding& finding : told) {
          const bool of_both =
              finding.code == "same_server" || finding.code == "lower_case_table_names";
          if (!of_both || from < to) add_once(job_.findings, std::move(finding));
        }
      }
  }

  /// Globs of a two-way pair or group are for the tables of all members: one that the first lacks
  /// is told.
  void add_of_others(const PairSpec& pair, std::vector<TableJob>& jobs) {
    if (!pair.rename.empty()) return;
    for (const std::string& server : pair.members()) {
      if (server == pair.source) continue;
      for (const std::string& db : mysql::list_databases(readers_.at(server)))
        for (const mysql::TableEntry& entry : mysql::list_tables(readers_.at(server), db)) {
          if (!selects(pair.tables, entry.name) || !is_table(entry.kind)) continue;
          const bool known = std::any_of(jobs.begin(), jobs.end(), [&](const TableJob& job) {
            return job.source_table == entry.name;
          });
          if (!known) jobs.push_back(make_job(pair, entry.name, entry.rows_estimate));
        }
    }
  }

  void look_at_link(TablePair& pair) {
    const auto link = links_.find(pair.job.pair);
    if (link == links_.end()) return;
    pair.job.channel = link->second.channel.name;
    judge_linked_table(
        pair, link->second,
        {mysql::read_check_constraints(readers_.at(pair.job.source), pair.source.name),
         mysql::read_check_constraints(readers_.at(pair.job.target), pair.target.name)},
        job_.findings);
  }

  [[nodiscard]] Member member(const std::string& server) const {
    return {job_.servers.at(server), job_.privileges.at(server)};
  }
  [[nodiscard]] LinkMember link_member(const std::string& server) {
    return {readers_.at(server), job_.servers.at(server), job_.privileges.at(server)};
  }

  const Manifest& manifest_;
  Purpose purpose_;
  Connections& connections_;
  Readers readers_;
  std::map<std::string, Tables> sources_;  // by server
  std::map<std::string, Tables> targets_;
  ResolvedJob job_;
  MissingGrants missing_;
  std::set<std::string> judged_;
  std::set<std::string> reached_;                 // groups
  std::map<std::string, ReplicationLink> links_;  // by pair
};

/// The manifest with the sources that it leaves out, of pairs that are selected.
Manifest with_sources(const Manifest& manifest, const Selector& selector,
                      Connections& connections) {
  Manifest complete = manifest;
  for (PairSpec& pair : complete.pairs)
    if (pair.source.empty() && selector.may_select(pair.name))
      pair.source = find_source(manifest, pair, connections);
  return complete;
}

}  // namespace

ResolvedJob resolve_job(const Manifest& written, const Selection& selection, Purpose purpose,
                        Connections& connections) {
  Selector selector(selection);
  const Manifest manifest = with_sources(written, selector, connections);
  Resolution resolution(manifest, purpose, connections);
  std::vector<TableJob> all;
  std::vector<TableJob> jobs;
  std::map<std::string, std::size_t> spokes_left;
  for (const PairSpec& pair : manifest.pairs)
    if (selector.may_select(pair.name)) ++spokes_left[pair.group];
  for (const PairSpec& written_pair : manifest.pairs) {
    if (!selector.may_select(written_pair.name)) continue;
    if (!resolution.reach(written_pair, --spokes_left[written_pair.group])) {
      selector.leave_out(written_pair.name);
      continue;
    }
    const PairSpec pair = resolution.reachable(written_pair);
    resolution.look_at_servers(pair);
    for (TableJob& job : resolution.expand(pair)) {
      if (selector.selects(pair.name, job.source_table)) jobs.push_back(job);
      all.push_back(std::move(job));
    }
  }
  selector.require_all_known(manifest);
  refuse_shared_targets(all, resolution.servers());
  refuse_audit_table(manifest, all);
  refuse_unnamed_tombstones(manifest, all);
  std::sort(jobs.begin(), jobs.end(),
            [](const TableJob& a, const TableJob& b) { return a.address < b.address; });
  resolution.look_at_tables(jobs);
  for (const TableJob& job : jobs) resolution.pair_up(job);
  resolution.look_at_audit(all);
  return resolution.finish();
}

ResolvedJob resolve_tables(const Manifest& manifest, const std::vector<TableJob>& jobs,
                           Connections& connections) {
  Resolution resolution(manifest, Purpose::write, connections);
  refuse_audit_table(manifest, jobs);
  for (const TableJob& job : jobs) {
    PairSpec pair = spec_of(manifest, job.pair);
    pair.spokes = job.spokes;
    if (!pair.spokes.empty()) pair.target = job.target;
    resolution.look_at_servers(pair);
  }
  resolution.look_at_tables(jobs);
  for (const TableJob& job : jobs) resolution.pair_up(job);
  return resolution.finish();
}

std::optional<TableJob> job_of(const Manifest& manifest, const std::string& pair_name,
                               const TableName& source) {
  for (const PairSpec& pair : manifest.pairs)
    if (pair.name == pair_name && selects(pair.tables, source)) return make_job(pair, source, 0);
  return std::nullopt;
}

}  // namespace rowplan::planner
