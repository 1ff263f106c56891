#include "planner/chains.h"

#include <algorithm>

#include "planner/address.h"

namespace rowplan::planner {

namespace {

using mysql::TableName;

/// Does the other job write `table` on the server, the stamps in `column` included?
bool feeds(const TableJob& other, const std::string& server, const TableName& table,
           const std::string& column) {
  if (other.table_on(server) != table) return false;
  const TableOptions& options = other.options;
  const auto named = [&](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), column) != names.end();
  };
  return options.columns.empty() ? !named(options.ignore_columns) : named(options.columns);
}

/// Does the other pair write `table` on the server, as a job that is selected or, where its name
/// stays, one that is not?
bool feeds(const ResolvedJob& job, const Manifest& manifest, const PairSpec& other,
           const std::string& server, const TableName& table, const std::string& column) {
  for (const TablePair& selected : job.pairs)
    if (selected.job.pair == other.name && feeds(selected.job, server, table, column)) return true;
  const auto unselected = job_of(manifest, other.name, table);
  return unselected && feeds(*unselected, server, table, column);
}

/// Where the rows come from that tell what changed.
std::vector<TableName> tables_read(const TablePair& pair) {
  std::vector<TableName> tables = {pair.job.source_table};
  if (pair.job.options.tombstones) tables.push_back(*pair.job.options.tombstones);
  return tables;
}

}  // namespace

void judge_chains(ResolvedJob& job, const Manifest& manifest) {
  for (const TablePair& pair : job.pairs) {
    if (!pair.job.options.incremental) continue;
    const std::string& column = pair.job.options.incremental->column;
    const std::string& identity = job.servers.at(pair.job.source).identity;
    for (const PairSpec& other : manifest.pairs) {
      if (other.name == pair.job.pair) continue;
      const std::vector<std::string> changed =
          other.two_way() ? other.members() : std::vector<std::string>{other.target};
      const auto same =
          std::find_if(changed.begin(), changed.end(), [&](const std::string& server) {
            const auto facts = job.servers.find(server);
            return server == pair.job.source ||
                   (facts != job.servers.end() && facts->second.identity == identity);
          });
      if (same == changed.end()) continue;
      for (const TableName& table : tables_read(pair)) {
        if (!feeds(job, manifest, other, *same, table, column)) continue;
        job.findings.push_back(
            {"incremental_chain", Severity::error, pair.job.address,
             "the pair '" + other.name + "' writes " + encode_table(table) + " on '" +
                 pair.job.source +
                 "' with the times of its own source: rows that arrive late "
                 "there are behind the watermark here",
             "read from '" + other.source + "' here too, or do without incremental here"});
      }
    }
  }
}

}  // namespace rowplan::planner
