#include "mysql/replica_channel.h"

#include <charconv>

#include "mysql/named_rows.h"

namespace rowplan::mysql {

namespace {

constexpr const char* kGroupReplication = "group_replication_";

std::optional<std::uint64_t> number(const NamedRow& row, const std::vector<std::string>& names) {
  const auto text = value_of(row, names);
  std::uint64_t value = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return value;
}

std::string text(const NamedRow& row, const std::vector<std::string>& names) {
  return value_of(row, names).value_or("");
}

ReplicaFilters filters_of(const NamedRow& row) {
  ReplicaFilters filters;
  filters.do_dbs = names_of_list(text(row, {"Replicate_Do_DB"}));
  filters.ignore_dbs = names_of_list(text(row, {"Replicate_Ignore_DB"}));
  filters.do_tables = names_of_list(text(row, {"Replicate_Do_Table"}));
  filters.ignore_tables = names_of_list(text(row, {"Replicate_Ignore_Table"}));
  filters.wild_do_tables = names_of_list(text(row, {"Replicate_Wild_Do_Table"}));
  filters.wild_ignore_tables = names_of_list(text(row, {"Replicate_Wild_Ignore_Table"}));
  filters.rewrites = !text(row, {"Replicate_Rewrite_DB"}).empty();
  return filters;
}

ReplicaChannel channel_of(const NamedRow& row) {
  ReplicaChannel channel;
  channel.name = text(row, {"Channel_Name", "Connection_name"});
  channel.source_host = text(row, {"Source_Host", "Master_Host"});
  channel.source_port =
      static_cast<unsigned>(number(row, {"Source_Port", "Master_Port"}).value_or(0));
  channel.source_uuid = text(row, {"Source_UUID"});
  channel.source_server_id = number(row, {"Source_Server_Id", "Master_Server_Id"}).value_or(0);
  channel.receives = text(row, {"Replica_IO_Running", "Slave_IO_Running"}) != "No";
  channel.applies = text(row, {"Replica_SQL_Running", "Slave_SQL_Running"}) == "Yes";
  channel.receiver_error = static_cast<unsigned>(number(row, {"Last_IO_Errno"}).value_or(0));
  channel.applier_error = static_cast<unsigned>(number(row, {"Last_SQL_Errno"}).value_or(0));
  channel.seconds_behind = number(row, {"Seconds_Behind_Source", "Seconds_Behind_Master"});
  channel.by_gtid = text(row, {"Auto_Position"}) == "1" ||
                    text(row, {"Using_Gtid"}) == "Slave_Pos" ||
                    text(row, {"Using_Gtid"}) == "Current_Pos";
  channel.filters = filters_of(row);
  channel.applied_file = text(row, {"Relay_Source_Log_File", "Relay_Master_Log_File"});
  channel.applied_offset = number(row, {"Exec_Source_Log_Pos", "Exec_Master_Log_Pos"}).value_or(0);
  return channel;
}

}  // namespace

std::vector<ReplicaChannel> read_channels(Session& session) {
  const bool mysql = session.vendor() == Vendor::mysql;
  std::vector<ReplicaChannel> channels;
  for (const NamedRow& row :
       query_named(session, mysql ? "SHOW REPLICA STATUS" : "SHOW ALL SLAVES STATUS",
                   "asking from whom the server replicates")) {
    ReplicaChannel channel = channel_of(row);
    if (!channel.name.starts_with(kGroupReplication)) channels.push_back(std::move(channel));
  }
  return channels;
}

}  // namespace rowplan::mysql
