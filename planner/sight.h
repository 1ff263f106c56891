// What may not be seen is not absent: the privileges without which a plan would be blind.
#pragma once

#include "mysql/privileges.h"
#include "mysql/schema.h"
#include "planner/finding.h"
#include "planner/job.h"
#include "planner/manifest.h"
#include "planner/missing_grants.h"

namespace rowplan::planner {

/// SELECT on the whole table: of a table that it may read in part, a user sees those columns alone.
/// False: it is missing, and `missing` knows.
bool need_table_seen(const std::string& server, const mysql::Privileges& user,
                     const mysql::TableName& table, MissingGrants& missing);

/// Of a table that is written, or changed by that: its triggers, all tables that refer to it, and
/// the rows of those and of the tables that it refers to. What `assume` waives becomes a finding.
void need_relations_seen(const PairSpec& pair, const std::string& server,
                         const std::string& address, const mysql::Table& table,
                         const mysql::Privileges& user, Findings& findings, MissingGrants& missing);

}  // namespace rowplan::planner
