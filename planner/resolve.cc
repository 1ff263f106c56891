#include "planner/resolve.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "mysql/quote.h"
#include "planner/address.h"
#include "planner/refusal.h"
#include "planner/sha256.h"
#include "planner/triggers.h"

namespace rowplan::planner {

namespace {

using mysql::TableName;

bool is_table(const std::string& kind) {
  return kind == "BASE TABLE" || kind == "SYSTEM VERSIONED";
}

std::string shown(const TableName& name) { return encode_table(name); }

/// --only and --exclude, read and checked against what there is.
class Selector {
 public:
  explicit Selector(const Selection& selection) {
    for (const std::string& text : selection.only) only_.push_back(parse(text));
    for (const std::string& text : selection.exclude) exclude_.push_back(parse(text));
  }

  [[nodiscard]] bool may_select(const std::string& pair) const {
    if (only_.empty()) return true;
    return std::any_of(only_.begin(), only_.end(),
                       [&](const Entry& entry) { return entry.address.pair == pair; });
  }

  [[nodiscard]] bool selects(const std::string& pair, const TableName& table) {
    const bool in = only_.empty() || matches(only_, pair, table);
    const bool out = matches(exclude_, pair, table);
    return in && !out;
  }

  void require_all_known(const Manifest& manifest) const {
    for (const auto* list : {&only_, &exclude_})
      for (const Entry& entry : *list) {
        const bool pair_known =
            std::any_of(manifest.pairs.begin(), manifest.pairs.end(),
                        [&](const PairSpec& p) { return p.name == entry.address.pair; });
        if (!pair_known || (entry.address.table && !entry.used))
          throw Refusal(RefusalReason::usage, "unknown address '" + entry.text + "'",
                        "rowplan validate --connect lists the addresses");
      }
  }

 private:
  struct Entry {
    std::string text;
    Address address;
    bool used = false;
  };

  static Entry parse(const std::string& text) {
    const auto address = parse_address(text);
    if (!address)
      throw Refusal(RefusalReason::usage, "'" + mysql::printable(text) + "' is not an address",
                    "an address is `pair` or `pair/db.table`");
    return {text, *address, false};
  }

  static bool matches(std::vector<Entry>& entries, const std::string& pair,
                      const TableName& table) {
    bool any = false;
    for (Entry& entry : entries) {
      if (entry.address.pair != pair) continue;
      if (entry.address.table && *entry.address.table != table) continue;
      entry.used = true;
      any = true;
    }
    return any;
  }

  std::vector<Entry> only_;
  std::vector<Entry> exclude_;
};

TableJob make_job(const PairSpec& pair, const TableName& source, std::uint64_t rows_estimate) {
  TableJob job;
  job.address = to_string(Address{pair.name, source});
  job.pair = pair.name;
  job.source = pair.source;
  job.target = pair.target;
  job.source_table = source;
  job.target_table = apply_rename(pair.rename, source).value_or(source);
  job.allow_triggers = pair.allow_triggers;
  job.options = options_for(pair, encode_table(source));
  job.rows_estimate = rows_estimate;
  return job;
}

/// Tables of one pair on its source, in order of name.
std::vector<TableJob> expand(const PairSpec& pair, mysql::Session& source, Findings& findings) {
  std::vector<TableJob> jobs;
  std::set<TableName> found;
  for (const std::string& db : mysql::list_databases(source)) {
    const bool wanted =
        std::any_of(pair.tables.begin(), pair.tables.end(),
                    [&](const TableGlob& glob) { return !glob.negative && glob.db.matches(db); });
    if (!wanted) continue;
    for (const mysql::TableEntry& entry : mysql::list_tables(source, db)) {
      if (!selects(pair.tables, entry.name)) continue;
      found.insert(entry.name);
      if (is_table(entry.kind)) {
        jobs.push_back(make_job(pair, entry.name, entry.rows_estimate));
        continue;
      }
      const bool named = std::any_of(
          pair.tables.begin(), pair.tables.end(),
          [&](const TableGlob& glob) { return !glob.negative && glob.literal() == entry.name; });
      if (named)
        throw Refusal(RefusalReason::manifest,
                      "pair '" + pair.name + "': " + shown(entry.name) + " on '" + pair.source +
                          "' is no table but a " + mysql::printable(entry.kind),
                      "take it out of `tables`");
      findings.push_back({"view_skipped", Severity::info, to_string(Address{pair.name, entry.name}),
                          "no table but a " + mysql::printable(entry.kind) + ": skipped", ""});
    }
  }
  for (const TableGlob& glob : pair.tables) {
    const auto literal = glob.literal();
    if (glob.negative || !literal || found.count(*literal) > 0 || !selects(pair.tables, *literal))
      continue;
    throw Refusal(RefusalReason::manifest,
                  "pair '" + pair.name + "': there is no table " + shown(*literal) + " on '" +
                      pair.source + "', or this user may not see it",
                  "correct `tables`, or grant SELECT on it");
  }
  for (const TableOverride& table_override : pair.overrides) {
    const auto name = parse_table(table_override.db_table);
    const bool known = std::any_of(jobs.begin(), jobs.end(), [&](const TableJob& job) {
      return name && job.source_table == *name;
    });
    if (!known)
      throw Refusal(RefusalReason::manifest,
                    "[pair." + pair.name + ".table.\"" + table_override.db_table +
                        "\"] is for no table that the pair selects",
                    "correct its name, or take it out");
  }
  if (jobs.empty())
    throw Refusal(RefusalReason::manifest,
                  "pair '" + pair.name + "': `tables` selects no table on '" + pair.source + "'",
                  "correct `tables`, or grant SELECT on them");
  return jobs;
}

void refuse_shared_targets(const std::vector<TableJob>& jobs) {
  std::map<std::pair<std::string, TableName>, std::string> reached;
  for (const TableJob& job : jobs) {
    const auto [it, fresh] = reached.try_emplace({job.target, job.target_table}, job.address);
    if (!fresh)
      throw Refusal(RefusalReason::manifest,
                    it->second + " and " + job.address + " both write " + shown(job.target_table) +
                        " on '" + job.target + "'",
                    "let each target table be reached once");
  }
}

class Roles {
 public:
  Roles(const Manifest& manifest, ResolvedJob& resolved) : manifest_(manifest), job_(resolved) {}

  void judge(const PairSpec& pair) {
    const mysql::Facts& source = job_.servers.at(pair.source);
    const mysql::Facts& target = job_.servers.at(pair.target);
    if (source.identity == target.identity)
      find(pair, "same_server",
           "'" + pair.source + "' and '" + pair.target + "' are one and the same server",
           "correct the host or socket of one of them");
    if (manifest_.servers.at(pair.target).access == Access::read_only)
      find(pair, "access_read_only",
           "the manifest says that '" + pair.target + "' is read-only, but the pair would write it",
           "set access = \"read-write\"");
    if (target.read_only)
      find(pair, "target_read_only",
           "'" + pair.target +
               "' is read_only: it is not meant to be "
               "written",
           "name another target, or set read_only = 0 on it");
    judge_replica(pair, target);
    if (source.lower_case_table_names != target.lower_case_table_names)
      job_.findings.push_back(
          {"lower_case_table_names", Severity::warning, pair.name,
           "lower_case_table_names is " + std::to_string(source.lower_case_table_names) + " on '" +
               pair.source + "' and " + std::to_string(target.lower_case_table_names) + " on '" +
               pair.target + "': names that differ by case may meet",
           ""});
  }

 private:
  void judge_replica(const PairSpec& pair, const mysql::Facts& target) {
    if (target.replica.value_or(false)) {
      find(pair, "target_is_replica",
           "'" + pair.target +
               "' is a replica: rows written there "
               "drift from its source and can stop replication",
           "write to its source instead");
      return;
    }
    if (target.replica) return;
    const bool assumed = std::find(pair.assume.begin(), pair.assume.end(),
                                   Assumption::not_a_replica) != pair.assume.end();
    if (!assumed)
      throw Refusal(RefusalReason::access,
                    "this user may not ask '" + pair.target + "' whether it is a replica",
                    "grant REPLICATION CLIENT (MySQL) or REPLICA MONITOR (MariaDB), or say so: "
                    "assume = [\"not_a_replica\"]");
    job_.findings.push_back({"assumed_not_a_replica", Severity::warning, pair.name,
                             "'" + pair.target +
                                 "' is taken not to be a replica; this user may "
                                 "not ask",
                             ""});
  }

  void find(const PairSpec& pair, const char* code, const std::string& message, const char* hint) {
    job_.findings.push_back({code, Severity::error, pair.name, message, hint});
  }

  const Manifest& manifest_;
  ResolvedJob& job_;
};

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

void need_triggers_seen(const PairSpec& pair, const TableJob& job, mysql::Session& target,
                        Findings& findings) {
  if (mysql::sees_triggers(target, job.target_table)) return;
  const bool assumed = std::find(pair.assume.begin(), pair.assume.end(), Assumption::no_triggers) !=
                       pair.assume.end();
  if (!assumed)
    throw Refusal(RefusalReason::access,
                  job.address + ": this user sees no triggers of " + shown(job.target_table) +
                      " on '" + job.target + "', for it has not the TRIGGER privilege there",
                  "grant TRIGGER, or say that there are none: assume = [\"no_triggers\"]");
  findings.push_back({"assumed_no_triggers", Severity::warning, job.address,
                      "the target is taken to have no triggers; this user cannot see them", ""});
}

void pair_job(const Manifest& manifest, const TableJob& job, Readers& readers,
              ResolvedJob& resolved) {
  mysql::Session& source_session = readers.at(job.source);
  mysql::Session& target_session = readers.at(job.target);
  const auto source = mysql::read_table(source_session, job.source_table);
  const auto target = mysql::read_table(target_session, job.target_table);
  if (!source || !target || !is_table(target->kind)) {
    const std::string& server = source ? job.target : job.source;
    const TableName& name = source ? job.target_table : job.source_table;
    resolved.findings.push_back(
        {"table_missing", Severity::error, job.address,
         "there is no table " + shown(name) + " on '" + server + "', or this user may not see it",
         "create it there, or rename or exclude it in the manifest"});
    return;
  }
  const auto spec = std::find_if(manifest.pairs.begin(), manifest.pairs.end(),
                                 [&](const PairSpec& pair) { return pair.name == job.pair; });
  need_triggers_seen(*spec, job, target_session, resolved.findings);
  resolved.pairs.push_back(pair_tables(job, *source, *target, source_session.vendor(),
                                       target_session.vendor(), resolved.findings));
}

/// What can be told only of all pairs together.
void judge_together(Readers& readers, ResolvedJob& resolved) {
  std::set<std::string> with_triggers;
  for (const TablePair& pair : resolved.pairs)
    if (!pair.target.triggers.empty()) with_triggers.insert(pair.job.target);
  for (const std::string& server : with_triggers)
    find_touched(resolved.pairs, server, mysql::list_routines(readers.at(server)));
  judge_touched(resolved.pairs, resolved.findings);
}

void read_server_facts(const std::string& server, Readers& readers, ResolvedJob& resolved) {
  if (resolved.servers.count(server) == 0)
    resolved.servers.emplace(server, mysql::read_facts(readers.at(server)));
}

nlohmann::json job_json(const Manifest& manifest, const TableJob& job) {
  nlohmann::json json;
  json["address"] = job.address;
  json["source"] = job.source;
  json["target"] = job.target;
  json["target_table"] = encode_table(job.target_table);
  json["direction"] = "one-way";
  json["where"] = job.options.where;
  json["filter_moved"] = filter_moved_name(job.options.filter_moved);
  json["columns"] = job.options.columns;
  json["ignore_columns"] = job.options.ignore_columns;
  json["key"] = job.options.key;
  json["deletes"] = deletes_name(job.options.deletes);
  std::vector<std::string> assume;
  for (const PairSpec& pair : manifest.pairs)
    if (pair.name == job.pair)
      for (const Assumption assumption : pair.assume)
        assume.emplace_back(assumption_name(assumption));
  std::sort(assume.begin(), assume.end());
  json["assume"] = assume;
  if (!job.allow_triggers.empty()) {
    std::vector<std::string> allowed = job.allow_triggers;
    std::sort(allowed.begin(), allowed.end());
    json["allow_triggers"] = allowed;
  }
  return json;
}

}  // namespace

ResolvedJob resolve_job(const Manifest& manifest, const Selection& selection,
                        Connections& connections) {
  ResolvedJob resolved;
  Readers readers(connections);
  Selector selector(selection);
  std::vector<TableJob> all;
  std::vector<TableJob> jobs;
  for (const PairSpec& pair : manifest.pairs) {
    if (!selector.may_select(pair.name)) continue;
    read_server_facts(pair.source, readers, resolved);
    read_server_facts(pair.target, readers, resolved);
    Roles(manifest, resolved).judge(pair);
    for (TableJob& job : expand(pair, readers.at(pair.source), resolved.findings)) {
      if (selector.selects(pair.name, job.source_table)) jobs.push_back(job);
      all.push_back(std::move(job));
    }
  }
  selector.require_all_known(manifest);
  refuse_shared_targets(all);
  std::sort(jobs.begin(), jobs.end(),
            [](const TableJob& a, const TableJob& b) { return a.address < b.address; });
  for (const TableJob& job : jobs) pair_job(manifest, job, readers, resolved);
  judge_together(readers, resolved);
  return resolved;
}

ResolvedJob resolve_tables(const Manifest& manifest, const std::vector<TableJob>& jobs,
                           Connections& connections) {
  ResolvedJob resolved;
  Readers readers(connections);
  std::set<std::string> judged;
  for (const TableJob& job : jobs) {
    read_server_facts(job.source, readers, resolved);
    read_server_facts(job.target, readers, resolved);
    for (const PairSpec& pair : manifest.pairs)
      if (pair.name == job.pair && judged.insert(pair.name).second)
        Roles(manifest, resolved).judge(pair);
    pair_job(manifest, job, readers, resolved);
  }
  judge_together(readers, resolved);
  return resolved;
}

std::string job_sha256(const Manifest& manifest, const std::vector<TableJob>& jobs) {
  nlohmann::json json = nlohmann::json::array();
  for (const TableJob& job : jobs) json.push_back(job_json(manifest, job));
  return sha256_hex(json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
}

std::optional<TableJob> job_of(const Manifest& manifest, const std::string& pair_name,
                               const TableName& source) {
  for (const PairSpec& pair : manifest.pairs)
    if (pair.name == pair_name && selects(pair.tables, source)) return make_job(pair, source, 0);
  return std::nullopt;
}

std::string pair_schema_sha256(const TablePair& pair) {
  return sha256_hex(mysql::schema_fingerprint(pair.source) +
                    mysql::schema_fingerprint(pair.target));
}

}  // namespace rowplan::planner
