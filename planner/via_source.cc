#include "planner/via_source.h"

#include <algorithm>

#include "mysql/log_end.h"
#include "mysql/statement_path.h"
#include "planner/refusal.h"
#include "planner/roles.h"

namespace rowplan::planner {

namespace {

using mysql::ReplicaChannel;
using mysql::Vendor;

mysql::TableName applier_configuration() {
  return {"performance_schema", "replication_applier_configuration"};
}

std::string place_of(const ReplicaChannel& channel) {
  return channel.source_host + ":" + std::to_string(channel.source_port);
}

std::string places_of(const std::vector<ReplicaChannel>& channels) {
  std::string text;
  for (const ReplicaChannel& channel : channels)
    text += (text.empty() ? "" : ", ") + place_of(channel);
  return text;
}

bool names_place(const ServerSpec& spec, const ReplicaChannel& channel) {
  return !spec.host.empty() && spec.host == channel.source_host &&
         spec.port.value_or(3306) == channel.source_port;
}

/// MySQL's channel knows its source's uuid, which is its identity. MariaDB's knows a number alone,
/// which others may have: that it is the right one of them, its port or the manifest tells.
bool leads_to(const ReplicaChannel& channel, const ServerSpec& spec, mysql::Session& source) {
  if (source.vendor() == Vendor::mysql) return channel.source_uuid == source.identity();
  if (channel.source_server_id != mysql::read_server_id(source)) return false;
  return names_place(spec, channel) ||
         source.query("SELECT @@global.port", "asking for the port").at(0).at(0).value_or("") ==
             std::to_string(channel.source_port);
}

class Link {
 public:
  Link(const Manifest& manifest, const PairSpec& pair, const LinkMember& source,
       const LinkMember& target, Findings& findings, MissingGrants& missing)
      : manifest_(manifest),
        pair_(pair),
        source_(source),
        target_(target),
        findings_(findings),
        missing_(missing) {}

  std::optional<ReplicationLink> judge() {
    judge_servers();
    judge_source_role();
    if (!need_seen()) return std::nullopt;
    auto channel = find_channel();
    if (!channel) return std::nullopt;
    judge_channel(*channel);
    judge_replicas_of_target();
    ReplicationLink link{std::move(*channel), {}};
    judge_log(link);
    return link;
  }

 private:
  void judge_servers() {
    if (source_.facts.identity == target_.facts.identity)
      tell("same_server",
           quoted(pair_.source) + " and " + quoted(pair_.target) + " are one and the same server",
           "correct the host or socket of one of them");
    if (manifest_.servers.at(pair_.source).access == Access::read_only)
      tell("access_read_only",
           "the manifest says that " + quoted(pair_.source) +
               " is read-only, but via-source writes there",
           "set access = \"read-write\"");
    if (source_.facts.read_only)
      tell("source_read_only",
           quoted(pair_.source) + " is read_only: it is not meant to be written",
           "is it the source still? Else set read_only = 0 on it");
    if (source_.facts.vendor != target_.facts.vendor)
      tell("via_source_vendors",
           quoted(pair_.source) + " and " + quoted(pair_.target) +
               " are of two vendors: what a statement means to the one, it may not to the other",
           "sync them by a pair of direction \"one-way\" where replication is off");
    if (source_.facts.lower_case_table_names != target_.facts.lower_case_table_names)
      tell("lower_case_table_names",
           "lower_case_table_names differs: a statement could mean another table on the replica",
           "give both the same setting");
    for (const auto& [name, member] : {std::pair{pair_.source, &source_}, {pair_.target, &target_}})
      if (member->facts.galera)
        tell("via_source_galera",
             quoted(name) + " is a node of a Galera cluster, which replicates rows alone",
             "a node that lacks rows is brought back by a state transfer");
  }

  /// Written as a replica, it would drift from its own source.
  void judge_source_role() {
    if (source_.facts.replica.value_or(false))
      tell("source_is_replica",
           quoted(pair_.source) +
               " is a replica itself: what is written there, its own source does not have",
           "name the server at the top as source, and repair its own replicas first");
    if (source_.facts.replica) return;
    if (assumes(pair_, Assumption::not_a_replica)) {
      warn("assumed_not_a_replica",
           quoted(pair_.source) + " is taken not to be a replica; this user may not ask");
      return;
    }
    missing_.add(pair_.source, source_.user, monitor(source_), "*.*",
                 "to ask whether it is a replica");
    missing_.waivable(assumption_name(Assumption::not_a_replica));
  }

  static const char* monitor(const LinkMember& member) {
    return member.facts.vendor == Vendor::mysql ? "REPLICATION CLIENT" : "REPLICA MONITOR";
  }

  bool need_seen() {
    bool seen = true;
    const auto need = [&](const std::string& server, const LinkMember& member,
                          const char* privilege, const char* why) {
      if (member.user.on_server(privilege)) return;
      missing_.add(server, member.user, privilege, "*.*", why);
      seen = false;
    };
    if (!target_.facts.replica) need(pair_.target, target_, monitor(target_), "to see its source");
    if (source_.facts.vendor == Vendor::mariadb)
      need(pair_.source, source_, "BINLOG MONITOR", "to see its binary log's position");
    else
      need(pair_.source, source_, "REPLICATION CLIENT", "to see its binary log's position");
    if (mysql::read_binlog_facts(target_.session).passes_rows())
      need(pair_.target, target_, "PROCESS", "to see whether it has replicas of its own");
    if (target_.facts.vendor == Vendor::mysql &&
        !target_.user.on_table("SELECT", applier_configuration())) {
      missing_.add(pair_.target, target_.user, "SELECT", table_object(applier_configuration()),
                   "to see which statements its applier takes");
      seen = false;
    }
    return seen;
  }

  std::optional<ReplicaChannel> find_channel() {
    const std::vector<ReplicaChannel> channels = mysql::read_channels(target_.session);
    for (const ReplicaChannel& channel : channels)
      if (leads_to(channel, manifest_.servers.at(pair_.source), source_.session)) return channel;
    if (channels.empty())
      tell("via_source_no_replica", quoted(pair_.target) + " is no replica",
           "for a server that is none, direction = \"one-way\" is the way");
    else
      tell("via_source_other_source",
           quoted(pair_.target) + " does not replicate from " + quoted(pair_.source) +
               " but from " + places_of(channels),
           "name that server as source; below a server in between that logs rows, statements "
           "from the top do not arrive as statements");
    return std::nullopt;
  }

  void judge_channel(const ReplicaChannel& channel) {
    const auto stands = [&](const char* what, unsigned error) {
      tell("applier_stopped",
           std::string("the ") + what + " of " + quoted(pair_.target) + " stands still" +
               (error == 0 ? "" : ", with error " + std::to_string(error)),
           "start it; where it stopped at an error, settle that first");
    };
    if (!channel.applies)
      stands("applier", channel.applier_error);
    else if (!channel.receives)
      stands("receiver", channel.receiver_error);
    const mysql::ApplierLimits limits = mysql::read_applier_limits(target_.session, channel.name);
    if (!limits.known || limits.rows_only)
      tell("via_source_rows_only",
           "the applier of " + quoted(pair_.target) +
               (limits.known ? " takes rows alone (REQUIRE_ROW_FORMAT): a statement stops it"
                             : " does not tell whether it takes statements"),
           "CHANGE REPLICATION SOURCE TO REQUIRE_ROW_FORMAT = 0, or repair it otherwise");
    if (!limits.privileges_user.empty())
      tell("via_source_applier_user",
           "the applier of " + quoted(pair_.target) +
               " has the privileges of a user alone (PRIVILEGE_CHECKS_USER), and could stop at a "
               "statement",
           "CHANGE REPLICATION SOURCE TO PRIVILEGE_CHECKS_USER = NULL for the time");
    if (channel.filters.rewrites)
      tell("via_source_rewrites",
           quoted(pair_.target) +
               " gives databases other names (replicate_rewrite_db): a "
               "statement would mean the wrong ones",
           "repair it without that filter");
  }

  /// What it applies, it passes on as rows: those would meet its own replicas' rows, and stop them.
  void judge_replicas_of_target() {
    if (!mysql::read_binlog_facts(target_.session).passes_rows()) return;
    const std::size_t readers = mysql::count_log_readers(target_.session);
    if (readers == 0) return;
    tell("via_source_target_has_replicas",
         quoted(pair_.target) + " has " + std::to_string(readers) +
             (readers == 1 ? " replica" : " replicas") +
             " of its own, to which it passes on what it applies as rows: those could stop there",
         "point those replicas at the source, or set binlog_format = STATEMENT there for the time");
  }

  void judge_log(ReplicationLink& link) {
    const auto end = mysql::read_log_end(source_.session);
    if (!end) {
      tell("via_source_no_binlog", quoted(pair_.source) + " has no binary log",
           "without one it is no replication source");
      return;
    }
    link.source_log.do_dbs = end->do_dbs;
    link.source_log.ignore_dbs = end->ignore_dbs;
  }

  static std::string quoted(const std::string& server) { return "'" + server + "'"; }
  void tell(const char* code, const std::string& message, const char* hint) {
    findings_.push_back({code, Severity::error, pair_.name, message, hint});
  }
  void warn(const char* code, const std::string& message) {
    findings_.push_back({code, Severity::warning, pair_.name, message, ""});
  }

  const Manifest& manifest_;
  const PairSpec& pair_;
  const LinkMember& source_;
  const LinkMember& target_;
  Findings& findings_;
  MissingGrants& missing_;
};

/// Is the server reached by this name the one at the other end of the channel? A host is taken by
/// its name; who is behind a socket is asked.
bool is_source(const ServerSpec& spec, const ReplicaChannel& channel, Connections& connections) {
  if (!spec.host.empty()) return names_place(spec, channel);
  mysql::Session session = connections.open(spec.name, mysql::SessionMode::read_only);
  return leads_to(channel, spec, session);
}

}  // namespace

std::string find_source(const Manifest& manifest, const PairSpec& pair, Connections& connections) {
  std::vector<ReplicaChannel> channels;
  try {
    mysql::Session target = connections.open(pair.target, mysql::SessionMode::read_only);
    channels = mysql::read_channels(target);
  } catch (const mysql::Error& error) {
    if (!error.is_privilege()) throw;
    throw Refusal(RefusalReason::access,
                  "pair '" + pair.name + "': the user of '" + pair.target +
                      "' may not ask from whom it replicates",
                  "GRANT REPLICATION CLIENT (MariaDB: REPLICA MONITOR) there, or name \"source\"");
  }
  if (channels.empty())
    throw Refusal(RefusalReason::manifest,
                  "pair '" + pair.name + "': '" + pair.target +
                      "' is no replica, so that no "
                      "source of it can be found",
                  "for a server that is none, direction = \"one-way\" is the way");
  std::vector<std::string> found;
  for (const auto& [name, spec] : manifest.servers)
    if (name != pair.target &&
        std::any_of(channels.begin(), channels.end(), [&, &spec = spec](const ReplicaChannel& c) {
          return is_source(spec, c, connections);
        }))
      found.push_back(name);
  if (found.size() == 1) return found.front();
  throw Refusal(RefusalReason::manifest,
                "pair '" + pair.name + "': '" + pair.target + "' replicates from " +
                    places_of(channels) +
                    (found.empty() ? ", which is no server of the manifest"
                                   : ", and more than one server is that"),
                found.empty() ? "add [server.NAME] with host = \"" + channels.front().source_host +
                                    "\" and port = " + std::to_string(channels.front().source_port)
                              : "name one of them as \"source\"");
}

std::optional<ReplicationLink> judge_link(const Manifest& manifest, const PairSpec& pair,
                                          const LinkMember& source, const LinkMember& target,
                                          Findings& findings, MissingGrants& missing) {
  return Link(manifest, pair, source, target, findings, missing).judge();
}

}  // namespace rowplan::planner
