#include "planner/topology.h"

#include <set>
#include <string>

namespace rowplan::planner {

namespace {

constexpr std::size_t kServersAtMost = 16;  // that are asked

}  // namespace

bool comes_from(const mysql::ReplicaChannel& channel, const mysql::Facts& server) {
  if (!channel.source_uuid.empty() && server.vendor == mysql::Vendor::mysql)
    return channel.source_uuid == server.identity;
  const mysql::ReplicationFacts& replication = server.replication;
  return channel.source_server_id != 0 && channel.source_server_id == replication.server_id &&
         channel.source_port == replication.port;
}

const mysql::ReplicaChannel* channel_from(const mysql::Facts& replica, const mysql::Facts& source) {
  if (!replica.replication.channels) return nullptr;
  for (const mysql::ReplicaChannel& channel : *replica.replication.channels)
    if (comes_from(channel, source)) return &channel;
  return nullptr;
}

bool is_downstream(const mysql::Facts& replica, const mysql::Facts& source, const AskSource& ask) {
  std::set<std::string> seen = {replica.identity};
  std::vector<mysql::Facts> at = {replica};
  while (!at.empty()) {
    const mysql::Facts here = std::move(at.back());
    at.pop_back();
    if (channel_from(here, source) != nullptr) return true;
    if (!here.replication.channels) continue;
    for (const mysql::ReplicaChannel& channel : *here.replication.channels) {
      if (seen.size() >= kServersAtMost) return false;
      const std::optional<mysql::Facts> above = ask(channel);
      if (above && seen.insert(above->identity).second) at.push_back(*above);
    }
  }
  return false;
}

}  // namespace rowplan::planner
