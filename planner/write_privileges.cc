#include "planner/write_privileges.h"

namespace rowplan::planner {

void need_writable(const TablePair& pair, const Writes& writes, const mysql::Privileges& user,
                   mysql::Vendor vendor, MissingGrants& missing) {
  const mysql::TableName& table = pair.target.name;
  const std::string& server = pair.job.target;
  const auto need = [&](const char* privilege, const std::vector<std::string>& columns,
                        const char* why) {
    const bool has = columns.empty() ? user.on_table(privilege, table)
                                     : user.on_columns(privilege, table, columns);
    if (!has) missing.add(server, user, privilege, table_object(table), why);
    return has;
  };
  std::vector<std::string> written;
  for (const PairColumn& column : pair.columns) written.push_back(column.target.name);
  std::vector<std::string> updated = written;
  // These are set to what they are, lest the server set them.
  for (const mysql::Column& column : pair.target.columns)
    if (column.on_update_now) updated.push_back(column.name);

  if (writes.inserts) need("INSERT", written, "to insert rows");
  if (writes.updates) need("UPDATE", updated, "to update rows");
  if (writes.deletes) need("DELETE", {}, "to delete rows");
  // MySQL wants more than SELECT for a locking read: any of these. MariaDB does not.
  if (vendor != mysql::Vendor::mysql || writes.updates || writes.deletes) return;
  if (!user.on_table("UPDATE", table) && !user.on_table("DELETE", table) &&
      !user.on_database("LOCK TABLES", table.db))
    missing.add(server, user, "LOCK TABLES", database_object(user, table.db),
                "to lock rows; UPDATE or DELETE on the table would do, too");
}

}  // namespace rowplan::planner
