// From the globs of a pair to its tables.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mysql/privileges.h"
#include "planner/finding.h"
#include "planner/job.h"
#include "planner/missing_grants.h"

namespace rowplan::planner {

/// The pair's tables on its source, in order of name. Throws Refusal{manifest} for what it names
/// and is not there or is no table; what the user cannot see is `missing`.
[[nodiscard]] std::vector<TableJob> expand(const PairSpec& pair, mysql::Session& source,
                                           const mysql::Privileges& user, Findings& findings,
                                           MissingGrants& missing);

/// The job of one table of a pair, by the manifest alone.
[[nodiscard]] TableJob make_job(const PairSpec& pair, const mysql::TableName& source,
                                std::uint64_t rows_estimate);

/// Is what information_schema calls so a table, whose rows can be synced?
[[nodiscard]] bool is_table(const std::string& kind);

}  // namespace rowplan::planner
