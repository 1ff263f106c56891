#include "planner/roles.h"

#include <algorithm>

namespace rowplan::planner {

namespace {

class Roles {
 public:
  Roles(const Manifest& manifest, const PairSpec& pair, Purpose purpose, Findings& findings,
        MissingGrants& missing)
      : manifest_(manifest),
        pair_(pair),
        purpose_(purpose),
        findings_(findings),
        missing_(missing) {}

  void judge(const mysql::Facts& source, const Member& target) {
    if (source.identity == target.facts.identity)
      tell("same_server",
           "'" + pair_.source + "' and '" + pair_.target + "' are one and the same server",
           "correct the host or socket of one of them");
    if (purpose_ == Purpose::write) judge_writable(target);
    need_replica_known(target);
    if (source.lower_case_table_names != target.facts.lower_case_table_names)
      warn("lower_case_table_names",
           "lower_case_table_names is " + std::to_string(source.lower_case_table_names) + " on '" +
               pair_.source + "' and " + std::to_string(target.facts.lower_case_table_names) +
               " on '" + pair_.target + "': names that differ by case may meet",
           "");
  }

 private:
  void judge_writable(const Member& target) {
    if (manifest_.servers.at(pair_.target).access == Access::read_only)
      tell(
          "access_read_only",
          "the manifest says that '" + pair_.target + "' is read-only, but the pair would write it",
          "set access = \"read-write\"");
    if (target.facts.read_only && !may_pass_read_only(target.facts))
      tell("target_read_only", "'" + pair_.target + "' is read_only: it is not meant to be written",
           "name another target, or set read_only = 0 on it");
    if (target.facts.replica.value_or(false) && !may_write_replica(pair_))
      tell("target_is_replica",
           "'" + pair_.target +
               "' is a replica: rows written there drift from its source and can stop replication",
           "write to its source instead, or name it in allow_replica_writes: then it is written "
           "unlogged, with its applier stopped");
    if (target.facts.galera) tell_galera(target.facts);
  }

  /// Replicas are read_only, as a rule; a privilege passes that, and nothing passes
  /// super_read_only.
  [[nodiscard]] bool may_pass_read_only(const mysql::Facts& target) const {
    return target.replica.value_or(false) && may_write_replica(pair_) &&
           !target.replication.super_read_only;
  }

  void need_replica_known(const Member& target) {
    if (target.facts.replica) return;
    if (assumes(pair_, Assumption::not_a_replica)) {
      warn("assumed_not_a_replica",
           "'" + pair_.target + "' is taken not to be a replica; this user may not ask", "");
      return;
    }
    const bool mysql = target.facts.vendor == mysql::Vendor::mysql;
    missing_.add(pair_.target, target.user, mysql ? "REPLICATION CLIENT" : "REPLICA MONITOR", "*.*",
                 "to ask whether it is a replica");
    missing_.waivable(assumption_name(Assumption::not_a_replica));
  }

  void tell_galera(const mysql::Facts& target) {
    const std::string rows = target.galera_max_rows == 0
                                 ? ""
                                 : ", and no transaction of more than " +
                                       std::to_string(target.galera_max_rows) +
                                       " rows (wsrep_max_ws_rows)";
    warn("galera_target",
         "'" + pair_.target +
             "' is a node of a Galera cluster: row locks and rowplan's own locks hold on this node "
             "alone; a write of another node makes COMMIT fail, and the unit is tried again" +
             rows,
         "let applications write on this node only while a plan is applied, and run one rowplan");
  }

  void tell(const char* code, const std::string& message, const char* hint) {
    findings_.push_back({code, Severity::error, pair_.name, message, hint});
  }
  void warn(const char* code, const std::string& message, const char* hint) {
    findings_.push_back({code, Severity::warning, pair_.name, message, hint});
  }

  const Manifest& manifest_;
  const PairSpec& pair_;
  Purpose purpose_;
  Findings& findings_;
  MissingGrants& missing_;
};

}  // namespace

bool assumes(const PairSpec& pair, Assumption assumption) {
  return std::find(pair.assume.begin(), pair.assume.end(), assumption) != pair.assume.end();
}

bool may_write_replica(const PairSpec& pair) {
  const std::vector<std::string>& allowed = pair.allow_replica_writes;
  return std::find(allowed.begin(), allowed.end(), pair.target) != allowed.end();
}

void judge_roles(const Manifest& manifest, const PairSpec& pair, Purpose purpose,
                 const Member& source, const Member& target, Findings& findings,
                 MissingGrants& missing) {
  Roles(manifest, pair, purpose, findings, missing).judge(source.facts, target);
}

}  // namespace rowplan::planner
