// What a plan needs of the target's user to be written.
#pragma once

#include "mysql/privileges.h"
#include "mysql/session.h"
#include "planner/missing_grants.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

struct Writes {
  bool inserts = false;
  bool updates = false;
  bool deletes = false;
};

/// Adds what is missing to write the pair so, and to lock the rows before: on the target, or via
/// its source there, by statements. `user`, `vendor`: of the server that is written.
void need_writable(const TablePair& pair, const Writes& writes, const mysql::Privileges& user,
                   mysql::Vendor vendor, MissingGrants& missing);

}  // namespace rowplan::planner
