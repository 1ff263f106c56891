// What the servers of a pair are to each other, and whether the target may be written.
#pragma once

#include "mysql/facts.h"
#include "planner/finding.h"
#include "planner/manifest.h"
#include "planner/missing_grants.h"

namespace rowplan::planner {

/// A server of a pair, and what rowplan's user may do there.
struct Member {
  const mysql::Facts& facts;
  const mysql::Privileges& user;
};

/// What sessions will do on the target.
enum class Purpose : std::uint8_t { compare, write };

/// Findings: one server under two names, a target that is read-only, a replica, in a cluster. A
/// user that may not ask whether the target is a replica lacks a grant, unless `assume` waives it.
/// A target that is only compared may be anything.
void judge_roles(const Manifest& manifest, const PairSpec& pair, Purpose purpose,
                 const Member& source, const Member& target, Findings& findings,
                 MissingGrants& missing);

/// Does `allow_replica_writes` name the pair's target?
[[nodiscard]] bool may_write_replica(const PairSpec& pair);

/// May the pair's user take this for granted?
[[nodiscard]] bool assumes(const PairSpec& pair, Assumption assumption);

}  // namespace rowplan::planner
