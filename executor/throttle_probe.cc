#include "executor/throttle_probe.h"

#include <filesystem>

#include "mysql/replication.h"
#include "planner/refusal.h"

namespace rowplan::executor {

namespace {

using planner::Refusal;
using planner::RefusalReason;

constexpr const char* kNameThem = "name the replicas that count in throttle.replicas";

}  // namespace

double ServerProbe::status(const std::string& server, const std::string& name) {
  std::optional<double> value;
  try {
    value = mysql::global_status(member(server), name);
  } catch (const mysql::Error& error) {
    if (!error.is_connection_lost()) throw;
    members_.erase(server);  // a session that idles through a long wait may be closed
    value = mysql::global_status(member(server), name);
  }
  if (!value)
    throw Refusal(RefusalReason::manifest,
                  "server '" + server + "' has no status variable '" + name + "' with a number",
                  "SHOW GLOBAL STATUS lists those that max_load and critical_load may name");
  return *value;
}

std::vector<ReplicaLag> ServerProbe::lags(const planner::PairSpec& pair) {
  auto found = replicas_.find(pair.name);
  if (found == replicas_.end()) found = replicas_.emplace(pair.name, watch(pair)).first;
  std::vector<ReplicaLag> lags;
  for (Watched& replica : found->second) lags.push_back(lag_of(replica));
  return lags;
}

bool ServerProbe::exists(const std::string& path) {
  std::error_code unknown;
  return std::filesystem::exists(std::filesystem::symlink_status(path, unknown));
}

std::vector<ServerProbe::Watched> ServerProbe::watch(const planner::PairSpec& pair) {
  if (!pair.throttle.replicas.empty()) return watch_named(pair);
  std::vector<Watched> all;
  for (const std::string& written : pair.written())
    for (Watched& replica : watch_found(pair, written)) all.push_back(std::move(replica));
  return all;
}

std::vector<ServerProbe::Watched> ServerProbe::watch_named(const planner::PairSpec& pair) {
  std::vector<Watched> replicas;
  for (const std::string& name : pair.throttle.replicas) {
    const auto open = [this, name] {
      return connections_.open(name, mysql::SessionMode::read_only);
    };
    Watched replica{name, open, open()};
    if (!mysql::read_replica_state(*replica.session).configured)
      throw Refusal(
          RefusalReason::manifest,
          "throttle.replicas of pair '" + pair.name + "' names '" + name + "', which is no replica",
          "name replicas, or leave it out and they are looked for");
    replicas.push_back(std::move(replica));
  }
  return replicas;
}

/// What reads the binary log and is no replica that can be asked is left out, with a warning: tools
/// that follow changes register like replicas. But none of several is nothing to go by.
std::vector<ServerProbe::Watched> ServerProbe::watch_found(const planner::PairSpec& pair,
                                                           const std::string& written) {
  std::vector<Watched> replicas;
  const std::vector<mysql::ReplicaAddress> found = mysql::find_replicas(member(written));
  for (const mysql::ReplicaAddress& address : found) {
    const std::string name =
        (address.host.empty() ? "(unknown)" : address.host) + ':' + std::to_string(address.port);
    const auto open = [this, server = written, address] {
      return connections_.open_at(server, address.host, address.port);
    };
    std::string problem = "it does not report its host";
    try {
      if (!address.host.empty()) {
        Watched replica{name, open, open()};
        if (mysql::read_replica_state(*replica.session).configured) {
          replicas.push_back(std::move(replica));
          continue;
        }
        problem = "it is no replica";
      }
    } catch (const std::runtime_error& error) {
      problem = error.what();
    }
    warn_("max_lag of pair '" + pair.name + "': replica '" + name + "' of '" + written +
          "' is not watched: " + problem);
  }
  if (!found.empty() && replicas.empty())
    throw Refusal(RefusalReason::access,
                  "max_lag of pair '" + pair.name + "': of the replicas of '" + written +
                      "', none can be asked how far it is behind",
                  kNameThem);
  if (found.empty())
    warn_("max_lag of pair '" + pair.name + "': '" + written +
          "' has no replica; there is nothing to wait for");
  return replicas;
}

/// A session that was lost is opened again.
mysql::Session& ServerProbe::member(const std::string& server) {
  auto found = members_.find(server);
  if (found != members_.end() && !found->second.is_open()) {
    members_.erase(found);
    found = members_.end();
  }
  if (found == members_.end())
    found =
        members_.emplace(server, connections_.open(server, mysql::SessionMode::read_only)).first;
  return found->second;
}

ReplicaLag ServerProbe::lag_of(Watched& replica) {
  try {
    if (!replica.session) replica.session.emplace(replica.open());
    const mysql::ReplicaState state = mysql::read_replica_state(*replica.session);
    if (!state.configured) return {replica.name, std::nullopt, "is no replica any more"};
    return {replica.name, state.seconds_behind, "stands still: its replication is stopped"};
  } catch (const mysql::Error& error) {
    replica.session.reset();
    return {replica.name, std::nullopt, "cannot be asked: " + std::string(error.what())};
  }
}

}  // namespace rowplan::executor
