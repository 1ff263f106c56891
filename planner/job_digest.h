// Digests by which apply tells whether a plan is still of the job and the schemas that it meets.
#pragma once

#include <string>
#include <vector>

#include "planner/job.h"
#include "planner/manifest.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// SHA-256 over what a plan was made to do: tables, filters, columns, keys, directions, deletes,
/// allowances of these jobs.
[[nodiscard]] std::string job_sha256(const Manifest& manifest, const std::vector<TableJob>& jobs);

/// Fingerprint of all members' schemas, as the plan keeps it.
[[nodiscard]] std::string pair_schema_sha256(const TablePair& pair);

}  // namespace rowplan::planner
