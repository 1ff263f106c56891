// What replication makes of a pair: who would get what is written, and whether anything stands
// still.
#pragma once

#include "planner/connections.h"
#include "planner/resolve.h"

namespace rowplan::planner {

/// Adds findings for the job's pairs. To be written: members of which the source gets what the
/// target logs, a target whose replicas or whose own log leave a table out, a replica whose applier
/// stands still. To be compared: the last one alone. Asks replicas and sources that are not in the
/// manifest, too, as the pair's user; what cannot be asked is told, and is no failure. Fills
/// `job.replicas`. Throws mysql::Error of the servers of the manifest.
void judge_replication(const Manifest& manifest, Purpose purpose, Connections& connections,
                       ResolvedJob& job);

}  // namespace rowplan::planner
