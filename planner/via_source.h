// A replica and its replication source: are they that, and would statements do on the one what they
// are meant to do on the other?
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mysql/facts.h"
#include "mysql/privileges.h"
#include "mysql/replica_channel.h"
#include "mysql/session.h"
#include "planner/connections.h"
#include "planner/finding.h"
#include "planner/manifest.h"
#include "planner/missing_grants.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// A server of a pair with direction = "via-source".
struct LinkMember {
  mysql::Session& session;
  const mysql::Facts& facts;
  const mysql::Privileges& user;
};

/// How the target hangs on its source.
struct ReplicationLink {
  mysql::ReplicaChannel channel;
  mysql::ReplicaFilters source_log;  ///< what the source's binary log leaves out
};

/// The name of the manifest's server from which the pair's target replicates. Throws
/// Refusal{manifest}, which says what to add, where there is not exactly one; Refusal{access};
/// mysql::Error.
[[nodiscard]] std::string find_source(const Manifest& manifest, const PairSpec& pair,
                                      Connections& connections);

/// Findings for all that speaks against writing to the source so that the target is repaired; what
/// the users may not see is `missing`. nullopt: the target does not replicate from the source, or
/// that could not be seen. Throws mysql::Error.
[[nodiscard]] std::optional<ReplicationLink> judge_link(const Manifest& manifest,
                                                        const PairSpec& pair,
                                                        const LinkMember& source,
                                                        const LinkMember& target,
                                                        Findings& findings, MissingGrants& missing);

/// CHECK constraints of a table on both sides, as the servers print them.
struct LinkedChecks {
  std::set<std::string> source;
  std::set<std::string> target;
};

/// Findings for a table that statements on the source could not repair, or would harm. `pair` has
/// the relations of both sides. Pure.
void judge_linked_table(const TablePair& pair, const ReplicationLink& link,
                        const LinkedChecks& checks, Findings& findings);

}  // namespace rowplan::planner
