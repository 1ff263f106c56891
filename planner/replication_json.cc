#include "planner/replication_json.h"

#include "mysql/quote.h"
#include "planner/topology.h"

namespace rowplan::planner {

namespace {

using nlohmann::ordered_json;

/// Which of the servers the channel comes from; null: none of them.
ordered_json member_of(const mysql::ReplicaChannel& channel,
                       const std::map<std::string, mysql::Facts>& servers) {
  for (const auto& [name, facts] : servers)
    if (comes_from(channel, facts)) return name;
  return nullptr;
}

ordered_json channel_json(const mysql::ReplicaChannel& channel,
                          const std::map<std::string, mysql::Facts>& servers) {
  ordered_json json = {
      {"channel", mysql::printable(channel.name)},
      {"source", mysql::printable(channel.source_host) + ":" + std::to_string(channel.source_port)},
      {"source_server_id", channel.source_server_id}};
  if (!channel.source_uuid.empty()) json["source_uuid"] = channel.source_uuid;
  json["member"] = member_of(channel, servers);
  json["receives"] = channel.receives;
  json["applies"] = channel.applies;
  json["receiver_error"] = channel.receiver_error;
  json["applier_error"] = channel.applier_error;
  json["seconds_behind"] =
      channel.seconds_behind ? ordered_json(*channel.seconds_behind) : ordered_json(nullptr);
  json["by_gtid"] = channel.by_gtid;
  json["filtered"] = !channel.filters.empty();
  json["applied"] =
      mysql::printable(channel.applied_file) + ":" + std::to_string(channel.applied_offset);
  return json;
}

bool is_circular(const mysql::Facts& facts, const std::map<std::string, mysql::Facts>& servers) {
  const AskSource ask = [&](const mysql::ReplicaChannel& channel) -> std::optional<mysql::Facts> {
    for (const auto& [name, other] : servers)
      if (comes_from(channel, other)) return other;
    return std::nullopt;
  };
  return is_downstream(facts, facts, ask);
}

}  // namespace

ordered_json replication_json(const std::string& name,
                              const std::map<std::string, mysql::Facts>& servers) {
  const mysql::Facts& facts = servers.at(name);
  const mysql::ReplicationFacts& replication = facts.replication;
  ordered_json json = {
      {"server_id", replication.server_id},
      {"replica", facts.replica ? ordered_json(*facts.replica) : ordered_json(nullptr)}};
  json["channels"] = ordered_json::array();
  if (replication.channels)
    for (const mysql::ReplicaChannel& channel : *replication.channels)
      json["channels"].push_back(channel_json(channel, servers));
  else
    json["channels"] = nullptr;
  json["circular"] = is_circular(facts, servers);
  json["read_only"] = facts.read_only;
  json["super_read_only"] = replication.super_read_only;
  json["log_bin"] = replication.log_bin;
  json["binlog_format"] = replication.binlog_format;
  json["binlog_row_image"] = replication.binlog_row_image;
  json["log_replica_updates"] = replication.log_replica_updates;
  json["binlog_filtered"] = nullptr;
  if (replication.log_end)
    json["binlog_filtered"] =
        !replication.log_end->do_dbs.empty() || !replication.log_end->ignore_dbs.empty();
  json["gtid_mode"] = replication.gtid_mode;
  json["gtids"] = mysql::printable(replication.gtids);
  json["position"] = nullptr;
  if (replication.log_end)
    json["position"] = mysql::printable(replication.log_end->file) + ":" +
                       std::to_string(replication.log_end->offset);
  json["replicas"] =
      replication.replicas ? ordered_json(replication.replicas->size()) : ordered_json(nullptr);
  json["group"] = replication.group;
  json["galera"] = facts.galera;
  return json;
}

}  // namespace rowplan::planner
