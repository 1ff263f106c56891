#include "executor/replica_appliers.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <thread>

#include "mysql/applier_control.h"
#include "mysql/replica_channel.h"
#include "planner/catch_up.h"
#include "planner/planner.h"
#include "planner/refusal.h"
#include "planner/topology.h"
#include "state/kill_point.h"

namespace rowplan::executor {

namespace {

using planner::Refusal;
using planner::RefusalReason;

constexpr auto kLagAtMost = std::chrono::minutes(10);
constexpr auto kRunsWithin = std::chrono::seconds(10);
constexpr auto kBetweenLooks = std::chrono::milliseconds(50);
constexpr unsigned kStartTries = 5;
constexpr auto kBetweenTries = std::chrono::seconds(1);

std::string name_of(const std::string& server, const std::string& channel) {
  return "the applier of '" + server + "'" +
         (channel.empty() ? "" : ", channel '" + channel + "',");
}

std::string place_of(const mysql::ReplicaChannel& channel) {
  return channel.applied_file + ":" + std::to_string(channel.applied_offset);
}

std::optional<mysql::ReplicaChannel> find_channel(mysql::Session& session,
                                                  const std::string& name) {
  for (mysql::ReplicaChannel& channel : mysql::read_channels(session))
    if (channel.name == name) return std::move(channel);
  return std::nullopt;
}

/// Does it run, and not only for a moment?
void see_that_it_runs(mysql::Session& session, const state::StoppedApplier& applier) {
  const auto until = std::chrono::steady_clock::now() + kRunsWithin;
  while (true) {
    const auto channel = find_channel(session, applier.channel);
    if (channel && channel->applies) return;
    const unsigned error = channel ? channel->applier_error : 0;
    if (error != 0 || std::chrono::steady_clock::now() > until)
      throw Refusal(RefusalReason::limit,
                    name_of(applier.server, applier.channel) + " was started and does not run" +
                        (error == 0 ? "" : ": it has met error " + std::to_string(error)),
                    "see what it has met: rowplan had stopped it at " + applier.position);
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

/// A server that is not there for a moment must not leave its applier standing.
void start_one(planner::Connections& connections, const state::StoppedApplier& applier,
               state::StoppedAppliers& records) {
  for (unsigned tried = 1;; ++tried) {
    try {
      mysql::Session session = connections.open(applier.server, mysql::SessionMode::unlogged);
      mysql::start_applier(session, applier.channel);
      state::kill_point("applier started");
      records.remove(applier.server, applier.channel);
      return see_that_it_runs(session, applier);
    } catch (const mysql::Error& error) {
      const bool passing = error.is_connection_lost() || error.is_unreachable();
      if (!passing || tried == kStartTries) throw;
      std::this_thread::sleep_for(kBetweenTries);
    }
  }
}

const planner::PairSpec* pair_at(const planner::Manifest& manifest, const std::string& address) {
  const std::string name = address.substr(0, address.find('/'));
  for (const planner::PairSpec& pair : manifest.pairs)
    if (pair.name == name) return &pair;
  return nullptr;
}

/// Replicas of which rows change, each with the sources of its pairs.
std::map<std::string, std::set<std::string>> changed_replicas(const planner::Manifest& manifest,
                                                              const planner::Plan& plan) {
  const std::set<std::string> written = replicas_written(manifest, plan);
  std::map<std::string, std::set<std::string>> changed;
  for (const planner::PlanTable& table : plan.tables)
    if (!table.chunks.empty() && written.count(table.target) > 0)
      changed[table.target].insert(table.first);
  return changed;
}

}  // namespace

std::set<std::string> replicas_written(const planner::Manifest& manifest,
                                       const planner::Plan& plan) {
  std::set<std::string> written;
  for (const planner::PlanTable& table : plan.tables) {
    const auto server = plan.servers.find(table.target);
    const planner::PairSpec* pair = pair_at(manifest, table.address);
    if (pair != nullptr && server != plan.servers.end() && server->second.role == "replica" &&
        planner::may_write_replica(*pair))
      written.insert(table.target);
  }
  return written;
}

void need_replica_privileges(const planner::Manifest& manifest, const planner::Plan& plan,
                             const planner::ResolvedJob& resolved,
                             planner::MissingGrants& missing) {
  for (const auto& [server, sources] : changed_replicas(manifest, plan)) {
    const mysql::Privileges& user = resolved.privileges.at(server);
    const mysql::Facts& facts = resolved.servers.at(server);
    const bool mysql = facts.vendor == mysql::Vendor::mysql;
    const auto need = [&, &name = server](const std::vector<std::string>& one_of, const char* why) {
      const bool has = std::any_of(one_of.begin(), one_of.end(),
                                   [&](const std::string& p) { return user.on_server(p); });
      if (!has) missing.add(name, user, one_of.front(), "*.*", why);
    };
    using Names = std::vector<std::string>;
    need(mysql ? Names{"SESSION_VARIABLES_ADMIN", "SYSTEM_VARIABLES_ADMIN", "SUPER"}
               : Names{"BINLOG ADMIN"},
         "to write a replica unlogged (sql_log_bin = 0)");
    need(mysql ? Names{"REPLICATION_SLAVE_ADMIN", "SUPER"} : Names{"REPLICATION SLAVE ADMIN"},
         "to stop and start the replica's applier");
    if (facts.read_only)
      need(mysql ? Names{"CONNECTION_ADMIN", "SUPER"} : Names{"READ_ONLY ADMIN"},
           "to write a replica that is read_only");
  }
}

ReplicaAppliers::~ReplicaAppliers() {
  try {
    start();
  } catch (...) {  // NOLINT(bugprone-empty-catch)
  }
}

void ReplicaAppliers::stop(const std::function<bool()>& called_off) {
  for (const auto& [server, sources] : changed_replicas(manifest_, plan_)) {
    catch_up(server, called_off);
    stop_all_of(server);
  }
}

/// What the source has logged already must not come after what is written here.
void ReplicaAppliers::catch_up(const std::string& server, const std::function<bool()>& called_off) {
  mysql::Session target = connections_.open(server, mysql::SessionMode::read_only);
  const mysql::Facts facts = mysql::read_facts(target);
  const auto replicas = changed_replicas(manifest_, plan_);
  for (const std::string& name : replicas.at(server)) {
    mysql::Session source = connections_.open(name, mysql::SessionMode::read_only);
    const mysql::Facts source_facts = mysql::read_facts(source);
    const mysql::ReplicaChannel* channel = planner::channel_from(facts, source_facts);
    if (channel == nullptr) continue;
    observer_.note("waiting until '" + server + "' has applied what '" + name + "' has logged");
    planner::CatchUp(server, channel->name, kLagAtMost, called_off).wait(source, target);
  }
}

void ReplicaAppliers::stop_all_of(const std::string& server) {
  mysql::Session session = connections_.open(server, mysql::SessionMode::unlogged);
  for (const mysql::ReplicaChannel& channel : mysql::read_channels(session)) {
    state::StoppedApplier applier{
        server, channel.name, session.identity(), plan_.run.plan_id, place_of(channel), ""};
    // First on disk: a run that ends here is known to have stopped it, or not to have.
    records_.put(applier);
    stopped_.push_back(applier);
    state::kill_point("applier stop");
    mysql::stop_applier(session, channel.name);
    state::kill_point("applier stopped");
    const auto now = find_channel(session, channel.name);
    if (!now || now->applies)
      throw Refusal(RefusalReason::limit, name_of(server, channel.name) + " does not stop",
                    "is somebody starting it?");
    applier.position = stopped_.back().position = place_of(*now);
    records_.put(applier);
    observer_.note("stopped " + name_of(server, channel.name) + " at " + applier.position);
  }
}

void ReplicaAppliers::start() {
  std::exception_ptr failure;
  for (const state::StoppedApplier& applier : std::exchange(stopped_, {})) {
    try {
      start_one(connections_, applier, records_);
      observer_.note("started " + name_of(applier.server, applier.channel));
    } catch (...) {
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

void start_left_appliers(const planner::Manifest& manifest, const std::string& base_dir,
                         StateHold& hold, const std::function<void(const std::string&)>& tell) {
  state::StoppedAppliers records(hold.store());
  for (const state::StoppedApplier& applier : records.all()) {
    const std::string what = name_of(applier.server, applier.channel) + " at " + applier.position +
                             ", which a run that was killed had stopped";
    if (manifest.servers.count(applier.server) == 0) {
      tell("not started: " + what + ": the manifest has no such server any more");
      continue;
    }
    // Connections of its own: the run's must find the servers of the plan.
    planner::Connections connections(manifest, base_dir);
    try {
      connections.expect_identity(applier.server, applier.identity);
      start_one(connections, applier, records);
      tell("started " + what);
    } catch (const mysql::IdentityError&) {
      tell("not started: " + what + ": there is another server now");
    }
  }
}

}  // namespace rowplan::executor
