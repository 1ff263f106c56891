#include "mysql/replication.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "mysql/named_rows.h"
#include "mysql/quote.h"
#include "mysql/replica_channel.h"

namespace rowplan::mysql {

namespace {

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
  for (const NamedRow& row : query_named(session, "SHOW PROCESSLIST", "looking for replicas")) {
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
  ReplicaState state;
  bool known = true;
  std::uint64_t behind = 0;
  for (const ReplicaChannel& channel : read_channels(session)) {
    state.configured = true;
    known = known && channel.seconds_behind.has_value();
    behind = std::max(behind, channel.seconds_behind.value_or(0));
  }
  if (state.configured && known) state.seconds_behind = behind;
  return state;
}

std::vector<ReplicaAddress> find_replicas(Session& session) {
  const bool mysql = session.vendor() == Vendor::mysql;
  std::vector<ReplicaAddress> replicas;
  std::set<std::string> told;
  for (const NamedRow& row :
       query_named(session, mysql ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS", "looking for replicas")) {
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
