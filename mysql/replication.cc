#include "mysql/replication.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <set>

#include "mysql/quote.h"
#include "mysql/session_handle.h"

namespace rowplan::mysql {

namespace {

constexpr unsigned kServerGone = 2006;

using NamedRow = std::map<std::string, std::optional<std::string>>;

/// A small result whose columns are known by name: which ones there are depends on the version.
std::vector<NamedRow> named_rows(Session& session, const std::string& sql,
                                 const std::string& doing) {
  MYSQL* mysql = session.handle().mysql;
  if (mysql == nullptr)
    throw Error(session.server(), kServerGone, "HY000", "the session is closed", doing);
  if (mysql_real_query(mysql, sql.data(), sql.size()) != 0) throw session.handle().error(doing);
  const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result(mysql_store_result(mysql),
                                                                        mysql_free_result);
  if (result == nullptr) throw session.handle().error(doing);
  const unsigned columns = mysql_num_fields(result.get());
  const MYSQL_FIELD* fields = mysql_fetch_fields(result.get());
  std::vector<NamedRow> rows;
  while (MYSQL_ROW row = mysql_fetch_row(result.get())) {
    const unsigned long* lengths = mysql_fetch_lengths(result.get());
    NamedRow& out = rows.emplace_back();
    for (unsigned i = 0; i < columns; ++i) {
      std::optional<std::string>& value = out[fields[i].name];
      if (row[i] != nullptr) value = std::string(row[i], lengths[i]);
    }
  }
  return rows;
}

std::optional<std::uint64_t> number(const NamedRow& row, const std::string& name) {
  const auto found = row.find(name);
  if (found == row.end() || !found->second) return std::nullopt;
  std::uint64_t value = 0;
  const std::string& text = *found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The hosts of the connections that read the binary log.
std::set<std::string> dump_hosts(Session& session) {
  std::set<std::string> hosts;
  for (const NamedRow& row : named_rows(session, "SHOW PROCESSLIST", "looking for replicas")) {
    const auto command = row.find("Command");
    const auto host = row.find("Host");
    if (command == row.end() || host == row.end() || !host->second) continue;
    if (!command->second.value_or("").starts_with("Binlog Dump")) continue;
    hosts.insert(host->second->substr(0, host->second->rfind(':')));
  }
  return hosts;
}

}  // namespace

ReplicaState read_replica_state(Session& session) {
  const bool mysql = session.vendor() == Vendor::mysql;
  const char* sql = mysql ? "SHOW REPLICA STATUS" : "SHOW ALL SLAVES STATUS";
  const char* column = mysql ? "Seconds_Behind_Source" : "Seconds_Behind_Master";
  ReplicaState state;
  bool known = true;
  std::uint64_t behind = 0;
  for (const NamedRow& channel : named_rows(session, sql, "asking how far the replica is behind")) {
    state.configured = true;
    const auto seconds = number(channel, column);
    known = known && seconds.has_value();
    behind = std::max(behind, seconds.value_or(0));
  }
  if (state.configured && known) state.seconds_behind = behind;
  return state;
}

std::vector<ReplicaAddress> find_replicas(Session& session) {
  const bool mysql = session.vendor() == Vendor::mysql;
  std::vector<ReplicaAddress> replicas;
  std::set<std::string> told;
  for (const NamedRow& row :
       named_rows(session, mysql ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS", "looking for replicas")) {
    const auto host = row.find("Host");
    const std::string name = host == row.end() ? "" : host->second.value_or("");
    replicas.push_back({name, static_cast<unsigned>(number(row, "Port").value_or(3306))});
    if (!name.empty()) told.insert(name);
  }
  // A replica without report_host is found by where its connection comes from, if only one can be.
  std::set<std::string> hosts = dump_hosts(session);
  for (const std::string& name : told) hosts.erase(name);
  if (hosts.size() == 1)
    for (ReplicaAddress& replica : replicas)
      if (replica.host.empty()) replica.host = *hosts.begin();
  return replicas;
}

std::optional<double> global_status(Session& session, const std::string& name) {
  const TextRows rows =
      session.query("SHOW GLOBAL STATUS WHERE Variable_name = " + text_literal(name),
                    "reading the status variable " + name);
  if (rows.empty()) return std::nullopt;
  const std::string text = rows.at(0).at(1).value_or("");
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace rowplan::mysql
