#include "mysql/replication_facts.h"

#include <map>

namespace rowplan::mysql {

namespace {

constexpr const char* kVariables =
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('server_id', 'port', 'super_read_only', "
    "'log_bin', 'binlog_format', 'binlog_row_image', 'log_slave_updates', 'log_replica_updates', "
    "'gtid_mode', 'gtid_executed', 'gtid_current_pos', 'group_replication_group_name')";

/// nullopt: the user lacks the privilege.
template <typename Ask>
auto if_allowed(const Ask& ask) -> std::optional<decltype(ask())> {
  try {
    return ask();
  } catch (const Error& error) {
    if (error.is_privilege()) return std::nullopt;
    throw;
  }
}

}  // namespace

ReplicationFacts read_replication_facts(Session& session) {
  std::map<std::string, std::string> values;
  for (const TextRow& row : session.query(kVariables, "reading the variables of replication"))
    values[row.at(0).value_or("")] = row.at(1).value_or("");
  const auto is_on = [&](const char* name) { return values[name] == "ON" || values[name] == "1"; };
  ReplicationFacts facts;
  facts.server_id = std::stoull("0" + values["server_id"]);
  facts.port = static_cast<unsigned>(std::stoul("0" + values["port"]));
  facts.super_read_only = is_on("super_read_only");
  facts.log_bin = is_on("log_bin");
  facts.binlog_format = values["binlog_format"];
  facts.binlog_row_image = values["binlog_row_image"];
  facts.log_replica_updates = is_on("log_slave_updates") || is_on("log_replica_updates");
  const bool mysql = session.vendor() == Vendor::mysql;
  facts.gtid_mode = mysql ? values["gtid_mode"] : "ON";
  facts.gtids = mysql ? values["gtid_executed"] : values["gtid_current_pos"];
  facts.group = values["group_replication_group_name"];
  facts.channels = if_allowed([&] { return read_channels(session); });
  if (!facts.log_bin) {
    facts.replicas.emplace();
    return facts;
  }
  if (auto end = if_allowed([&] { return read_log_end(session); })) facts.log_end = *end;
  facts.replicas = if_allowed([&] { return find_replicas(session); });
  return facts;
}

}  // namespace rowplan::mysql
