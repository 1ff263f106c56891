#include "planner/audit_resolve.h"

#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "mysql/table_reader.h"
#include "planner/address.h"
#include "planner/sight.h"

namespace rowplan::planner {

namespace {

using mysql::TableName;

/// A log of one pair: on its source, or on all others, where tables have one name.
using Log = std::tuple<std::string, bool, TableName>;

bool is_asked(const TableJob& job) {
  return job.two_way() && job.options.audit &&
         audit_log_name(*job.options.audit, job.source_table) != job.source_table;
}

/// Without a column for tables, an entry could be of any table that uses the log.
std::map<Log, std::set<TableName>> users_of_logs(const std::vector<TableJob>& all) {
  std::map<Log, std::set<TableName>> users;
  for (const TableJob& job : all) {
    if (!is_asked(job) || !job.options.audit->table_column.empty()) continue;
    for (const auto& [on_source, table] :
         {std::pair{true, job.source_table}, std::pair{false, job.target_table}})
      users[{job.pair, on_source, audit_log_name(*job.options.audit, table)}].insert(table);
  }
  return users;
}

class Search {
 public:
  Search(const std::vector<TableJob>& all, const AuditServers& servers, Findings& findings,
         MissingGrants& missing)
      : users_(users_of_logs(all)), servers_(servers), findings_(findings), missing_(missing) {}

  void find(TablePair& pair) {
    if (!is_asked(pair.job) || !pair.views) return;
    std::vector<AuditLog> logs;
    for (const TablePair& view : *pair.views) {
      auto log = log_of(pair.job, view.job.target, view.target.name);
      if (log) logs.push_back(std::move(*log));
    }
    if (logs.size() == pair.views->size())
      pair.audit_logs = std::make_shared<const std::vector<AuditLog>>(std::move(logs));
  }

 private:
  std::optional<AuditLog> log_of(const TableJob& job, const std::string& server,
                                 const TableName& table) {
    const AuditSpec& spec = *job.options.audit;
    const TableName name = audit_log_name(spec, table);
    const auto users = users_.find({job.pair, server == job.source, name});
    if (users != users_.end() && users->second.size() > 1) {
      tell_ambiguous(job, name, users->second.size());
      return std::nullopt;
    }
    if (!need_table_seen(server, servers_.privileges.at(server), name, missing_))
      return std::nullopt;
    auto known = tables_.find({server, name});
    if (known == tables_.end())
      known = tables_
                  .emplace(std::pair(server, name), mysql::read_table(servers_.session(server),
                                                                      name, mysql::Relations::none))
                  .first;
    return make_audit_log(spec, table, known->second ? &*known->second : nullptr, job.address,
                          server, findings_);
  }

  void tell_ambiguous(const TableJob& job, const TableName& log, std::size_t tables) {
    if (!told_.emplace(job.pair, log).second) return;
    findings_.push_back(
        {"audit_ambiguous", Severity::warning, job.pair,
         "the change log " + encode_table(log) + " is of " + std::to_string(tables) +
             " tables, and no table_column tells which of them an entry is of: it is not asked, "
             "and no force delete counts",
         "name the column in [pair." + job.pair +
             ".audit] table_column; or give each table a log of its own, or a view"});
  }

  std::map<Log, std::set<TableName>> users_;
  const AuditServers& servers_;
  Findings& findings_;
  MissingGrants& missing_;
  std::map<std::pair<std::string, TableName>, std::optional<mysql::Table>> tables_;
  std::set<std::pair<std::string, TableName>> told_;
};

}  // namespace

void find_audit_logs(std::vector<TablePair>& pairs, const std::vector<TableJob>& all,
                     const AuditServers& servers, Findings& findings, MissingGrants& missing) {
  Search search(all, servers, findings, missing);
  for (TablePair& pair : pairs) search.find(pair);
}

}  // namespace rowplan::planner
