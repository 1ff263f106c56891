#include "planner/expansion.h"

#include <algorithm>
#include <set>

#include "mysql/quote.h"
#include "planner/address.h"
#include "planner/refusal.h"
#include "planner/roles.h"
#include "planner/sight.h"

namespace rowplan::planner {

namespace {

using mysql::TableName;

std::string shown(const TableName& name) { return encode_table(name); }

/// Tables of one pair on its source, in order of name.
class Expansion {
 public:
  Expansion(const PairSpec& pair, mysql::Session& source, const mysql::Privileges& user,
            Findings& findings, MissingGrants& missing)
      : pair_(pair), source_(source), user_(user), findings_(findings), missing_(missing) {}

  std::vector<TableJob> run() {
    for (const std::string& db : mysql::list_databases(source_)) look_into(db);
    for (const TableGlob& glob : pair_.tables) need_found(glob);
    // Tables that were not seen are no mistake of the manifest.
    if (blind_) return std::move(jobs_);
    need_overrides_used();
    if (jobs_.empty())
      throw Refusal(RefusalReason::manifest,
                    titled() + ": `tables` selects no table on '" + pair_.source + "'",
                    "correct `tables`, or grant SELECT on them");
    return std::move(jobs_);
  }

 private:
  void look_into(const std::string& db) {
    const bool wanted =
        std::any_of(pair_.tables.begin(), pair_.tables.end(),
                    [&](const TableGlob& glob) { return !glob.negative && glob.db.matches(db); });
    if (!wanted) return;
    for (const mysql::TableEntry& entry : mysql::list_tables(source_, db)) {
      if (!selects(pair_.tables, entry.name)) continue;
      found_.insert(entry.name);
      if (is_table(entry.kind))
        jobs_.push_back(make_job(pair_, entry.name, entry.rows_estimate));
      else
        skip_view(entry);
    }
  }

  void skip_view(const mysql::TableEntry& entry) {
    const bool named = std::any_of(
        pair_.tables.begin(), pair_.tables.end(),
        [&](const TableGlob& glob) { return !glob.negative && glob.literal() == entry.name; });
    if (named)
      throw Refusal(RefusalReason::manifest,
                    titled() + ": " + shown(entry.name) + " on '" + pair_.source +
                        "' is no table but a " + mysql::printable(entry.kind),
                    "take it out of `tables`");
    findings_.push_back({"view_skipped", Severity::info, to_string(Address{pair_.name, entry.name}),
                         "no table but a " + mysql::printable(entry.kind) + ": skipped", ""});
  }

  void need_found(const TableGlob& glob) {
    if (glob.negative) return;
    const auto literal = glob.literal();
    if (!literal) {
      need_database_seen(glob);
      return;
    }
    if (found_.count(*literal) > 0 || !selects(pair_.tables, *literal)) return;
    if (!need_table_seen(pair_.source, user_, *literal, missing_)) {
      blind_ = true;
      return;
    }
    throw Refusal(
        RefusalReason::manifest,
        titled() + ": there is no table " + shown(*literal) + " on '" + pair_.source + "'",
        "correct `tables`");
  }

  /// A glob over a database of which the user was granted some tables finds those, and says so.
  void need_database_seen(const TableGlob& glob) {
    const auto db = glob.db.literal();
    if (db ? user_.on_database("SELECT", *db) : user_.sees_every_table()) return;
    const bool any = std::any_of(found_.begin(), found_.end(),
                                 [&](const TableName& name) { return glob.matches(name); });
    if (db && !any) {
      blind_ = true;
      missing_.add(pair_.source, user_, "SELECT", database_object(user_, *db),
                   "to find the tables of '" + glob.text + "'");
      return;
    }
    findings_.push_back({"tables_may_be_hidden", Severity::warning, pair_.name,
                         "'" + glob.text + "' finds only the tables on '" + pair_.source +
                             "' that this user may see, which need not be all",
                         "grant SELECT on the whole database, or name the tables one by one"});
  }

  void need_overrides_used() const {
    for (const TableOverride& table_override : pair_.overrides) {
      const auto name = parse_table(table_override.db_table);
      const bool known = std::any_of(jobs_.begin(), jobs_.end(), [&](const TableJob& job) {
        return name && job.source_table == *name;
      });
      if (!known)
        throw Refusal(RefusalReason::manifest,
                      (pair_.group.empty() ? "[pair." + pair_.name : "[group." + pair_.group) +
                          ".table.\"" + table_override.db_table +
                          "\"] is for no table that is selected",
                      "correct its name, or take it out");
    }
  }

  [[nodiscard]] std::string titled() const {
    return pair_.group.empty() ? "pair '" + pair_.name + "'" : "group '" + pair_.group + "'";
  }

  const PairSpec& pair_;
  mysql::Session& source_;
  const mysql::Privileges& user_;
  Findings& findings_;
  MissingGrants& missing_;
  std::vector<TableJob> jobs_;
  std::set<TableName> found_;
  bool blind_ = false;
};

}  // namespace

bool is_table(const std::string& kind) {
  return kind == "BASE TABLE" || kind == "SYSTEM VERSIONED";
}

std::vector<std::string> TableJob::missing() const {
  std::vector<std::string> left_out;
  for (const std::string& spoke : all_spokes)
    if (std::find(spokes.begin(), spokes.end(), spoke) == spokes.end()) left_out.push_back(spoke);
  return left_out;
}

TableJob make_job(const PairSpec& pair, const TableName& source, std::uint64_t rows_estimate) {
  TableJob job;
  job.address = to_string(Address{pair.name, source});
  job.pair = pair.name;
  job.source = pair.source;
  job.target = pair.target;
  job.spokes = pair.spokes;
  job.all_spokes = pair.all_spokes;
  job.direction = pair.direction;
  job.source_table = source;
  job.target_table = apply_rename(pair.rename, source).value_or(source);
  job.allow_triggers = pair.allow_triggers;
  job.allow_replica_writes = may_write_replica(pair);
  job.require_baseline = pair.require_baseline;
  job.tombstone_days = pair.tombstone_days;
  job.options = options_for(pair, encode_table(source));
  job.rows_estimate = rows_estimate;
  return job;
}

std::vector<TableJob> expand(const PairSpec& pair, mysql::Session& source,
                             const mysql::Privileges& user, Findings& findings,
                             MissingGrants& missing) {
  return Expansion(pair, source, user, findings, missing).run();
}

}  // namespace rowplan::planner
