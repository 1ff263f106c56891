#include "planner/replication_judge.h"

#include <algorithm>
#include <set>

#include "planner/address.h"
#include "planner/topology.h"

namespace rowplan::planner {

namespace {

std::string place_of(const std::string& host, unsigned port) {
  return (host.empty() ? "(unknown host)" : host) + ":" + std::to_string(port);
}

/// One pair.
class Judge {
 public:
  Judge(const PairSpec& pair, Purpose purpose, Connections& connections, ResolvedJob& job)
      : pair_(pair),
        purpose_(purpose),
        connections_(connections),
        job_(job),
        source_(job.servers.at(pair.source)),
        target_(job.servers.at(pair.target)) {}

  void run() {
    const mysql::ReplicaChannel* channel = channel_from(target_, source_);
    // One that stands still would be waited for in vain: it is compared as it is, and told.
    if (channel != nullptr && channel->applies && channel->receives)
      job_.replicas[{pair_.source, pair_.target}] = channel->name;
    judge_appliers(channel);
    if (purpose_ == Purpose::compare) return;
    if (!target_.replication.group.empty()) tell_group();
    if (writes_unlogged()) return tell_unlogged(channel);
    judge_way_back();
    judge_log();
    judge_replicas();
  }

 private:
  /// What is written with sql_log_bin = 0 reaches nobody else.
  [[nodiscard]] bool writes_unlogged() const {
    return target_.replica.value_or(false) && may_write_replica(pair_);
  }

  void tell_unlogged(const mysql::ReplicaChannel* channel) {
    tell("replica_writes_allowed", Severity::warning,
         "'" + pair_.target +
             "' is a replica and will be written all the same, as allow_replica_writes says: its "
             "applier is stopped meanwhile, and nothing of it is logged (sql_log_bin = 0), so that "
             "replicas of '" +
             pair_.target + "' do not get it",
         "");
    if (channel == nullptr)
      tell("replica_of_another", Severity::warning,
           "'" + pair_.target + "' is a replica, but not of '" + pair_.source +
               "' as far as can be told: what it has not applied yet counts as a difference",
           "name its replication source as the source of the pair");
  }

  void judge_appliers(const mysql::ReplicaChannel* from_source) {
    if (!target_.replication.channels) return;
    for (const mysql::ReplicaChannel& channel : *target_.replication.channels) {
      if (channel.applies && channel.receives) continue;
      const bool matters = purpose_ == Purpose::write ||
                           (from_source != nullptr && from_source->name == channel.name);
      if (!matters) continue;
      const unsigned error = channel.applies ? channel.receiver_error : channel.applier_error;
      tell("applier_stopped", Severity::error,
           std::string("the ") + (channel.applies ? "receiver" : "applier") + " of '" +
               pair_.target + "'" +
               (channel.name.empty() ? "" : ", channel '" + channel.name + "',") + " stands still" +
               (error == 0 ? "" : ", with error " + std::to_string(error)) +
               ": what it has not applied would be taken for a difference",
           "settle what stopped it and start it; one that a killed run of rowplan had stopped is "
           "started by the next apply or sync");
    }
  }

  void tell_group() {
    const bool both = target_.replication.group == source_.replication.group;
    if (both)
      tell("members_replicate_each_other", Severity::error,
           "'" + pair_.source + "' and '" + pair_.target +
               "' are members of one replication group: each gets what the other writes",
           "the group repairs its members by itself: remove the member and let it join again");
    else
      tell("group_replication_target", Severity::warning,
           "'" + pair_.target +
               "' is a member of a replication group: what other members write makes COMMIT fail, "
               "and the unit is tried again",
           "let applications write on this member only while a plan is applied");
  }

  void judge_way_back() {
    if (!is_downstream(source_, target_, asker(pair_.source))) return;
    const bool both =
        target_.replica.value_or(false) && is_downstream(target_, source_, asker(pair_.target));
    tell("members_replicate_each_other", Severity::error,
         both ? "'" + pair_.source + "' and '" + pair_.target +
                    "' replicate each other: a row written on one goes to the other, which may "
                    "have it already, and replication stops"
              : "'" + pair_.source + "' is a replica of '" + pair_.target +
                    "': what is written on the target changes the source",
         both ? "allow_replica_writes = [\"" + pair_.target +
                    "\"] writes that one alone, unlogged and with its applier stopped"
              : "let source and target change places");
  }

  [[nodiscard]] AskSource asker(const std::string& login) {
    return [this, login](const mysql::ReplicaChannel& channel) -> std::optional<mysql::Facts> {
      for (const auto& [name, facts] : job_.servers)
        if (comes_from(channel, facts)) return facts;
      return ask_at(login, channel.source_host, channel.source_port,
                    [&](const mysql::Facts& facts) { return comes_from(channel, facts); });
    };
  }

  /// nullopt, and told: it could not be asked, or is not the one that is meant. A name need not
  /// mean the same server here as where it was told.
  std::optional<mysql::Facts> ask_at(const std::string& login, const std::string& host,
                                     unsigned port,
                                     const std::function<bool(const mysql::Facts&)>& is_it) {
    std::string problem = "it does not report its host";
    try {
      if (!host.empty()) {
        mysql::Session session = connections_.open_at(login, host, port);
        mysql::Facts facts = mysql::read_facts(session);
        if (facts.replication.channels && is_it(facts)) return facts;
        problem = facts.replication.channels ? "there is another server"
                                             : "this user may not ask it about its replication";
      }
    } catch (const std::runtime_error&) {
      problem = "it cannot be reached, or not as this user";
    }
    unseen(place_of(host, port) + ", which replicates with '" + login + "': " + problem,
           "see that the user of '" + login + "' may connect there and ask");
    return std::nullopt;
  }

  void judge_log() {
    const mysql::ReplicationFacts& replication = target_.replication;
    if (!replication.log_bin) return;
    if (!replication.log_end)
      return unseen("what the binary log of '" + pair_.target + "' leaves out",
                    target_.vendor == mysql::Vendor::mysql ? "GRANT REPLICATION CLIENT ON *.*"
                                                           : "GRANT BINLOG MONITOR ON *.*");
    mysql::ReplicaFilters filters;
    filters.do_dbs = replication.log_end->do_dbs;
    filters.ignore_dbs = replication.log_end->ignore_dbs;
    judge_filters(filters, "the binary log of '" + pair_.target + "' leaves");
  }

  void judge_replicas() {
    if (!target_.replication.replicas)
      return unseen("which replicas '" + pair_.target + "' has",
                    target_.vendor == mysql::Vendor::mysql
                        ? "GRANT REPLICATION SLAVE ON *.*"
                        : "GRANT REPLICATION MASTER ADMIN ON *.*");
    for (const mysql::ReplicaAddress& replica : *target_.replication.replicas) {
      const auto facts = ask_at(
          pair_.target, replica.host, replica.port,
          [&](const mysql::Facts& found) { return channel_from(found, target_) != nullptr; });
      if (!facts) continue;
      const mysql::ReplicaChannel* channel = channel_from(*facts, target_);
      const std::string place = place_of(replica.host, replica.port);
      judge_filters(channel->filters, "the replica " + place + " of '" + pair_.target + "' leaves");
    }
  }

  void judge_filters(const mysql::ReplicaFilters& filters, const std::string& who) {
    if (filters.empty()) return;
    for (const TablePair& table : job_.pairs) {
      const mysql::TableName& name = table.job.table_on(pair_.target);
      if (table.job.pair != pair_.name || !mysql::leaves_out(filters, name.db, name.table))
        continue;
      add_once(
          job_.findings,
          {"replica_leaves_out_table", Severity::error, table.job.address,
           who + " " + encode_table(name) +
               " out: what is written there does not reach all replicas, and rows that refer to it "
               "can stop them",
           "exclude the table, or change the filters"});
    }
  }

  void unseen(const std::string& what, const std::string& hint) {
    if (!unseen_.insert(what).second) return;
    tell("replication_unseen", Severity::info, "could not be asked: " + what, hint);
  }

  void tell(const char* code, Severity severity, const std::string& message,
            const std::string& hint) {
    // Of a member that many have to do with, once is enough.
    add_once(job_.findings, {code, severity, pair_.name, message, hint});
  }

  const PairSpec& pair_;
  Purpose purpose_;
  Connections& connections_;
  ResolvedJob& job_;
  const mysql::Facts& source_;
  const mysql::Facts& target_;
  std::set<std::string> unseen_;
};

}  // namespace

void judge_replication(const Manifest& manifest, Purpose purpose, Connections& connections,
                       ResolvedJob& job) {
  for (const PairSpec& pair : manifest.pairs) {
    const std::vector<std::string> members = pair.members();
    if (std::any_of(members.begin(), members.end(),
                    [&](const std::string& server) { return job.servers.count(server) == 0; }))
      continue;
    const bool in_job =
        std::any_of(job.pairs.begin(), job.pairs.end(),
                    [&](const TablePair& table) { return table.job.pair == pair.name; });
    // The roles of via-source are others: see planner/via_source.h.
    if (!in_job || pair.via_source()) continue;
    for (std::size_t from = 0; from < members.size(); ++from)
      for (std::size_t to = 0; to < members.size(); ++to) {
        if (from == to || (from > to && !pair.two_way())) continue;
        PairSpec one = pair;
        one.source = members[from];
        one.target = members[to];
        Judge(one, purpose, connections, job).run();
      }
  }
}

}  // namespace rowplan::planner
