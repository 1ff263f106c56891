#include "planner/write_privileges.h"

namespace rowplan::planner {

namespace {

/// To set binlog_format for a session.
void need_statements(const std::string& server, const mysql::Privileges& user, mysql::Vendor vendor,
                     MissingGrants& missing) {
  const bool mysql = vendor == mysql::Vendor::mysql;
  const std::string privilege = mysql ? "SESSION_VARIABLES_ADMIN" : "BINLOG ADMIN";
  const bool has = user.on_server(privilege) || user.on_server("SUPER") ||
                   (mysql && user.on_server("SYSTEM_VARIABLES_ADMIN"));
  if (!has)
    missing.add(server, user, privilege, "*.*", "to have a session's writes logged as statements");
}

}  // namespace

void need_writable(const TablePair& pair, const Writes& writes, const mysql::Privileges& user,
                   mysql::Vendor vendor, MissingGrants& missing) {
  const bool linked = pair.job.via_source();
  const mysql::Table& written_table = linked ? pair.source : pair.target;
  const mysql::TableName& table = written_table.name;
  const std::string& server = pair.job.written();
  const auto need = [&](const char* privilege, const std::vector<std::string>& columns,
                        const char* why) {
    const bool has = columns.empty() ? user.on_table(privilege, table)
                                     : user.on_columns(privilege, table, columns);
    if (!has) missing.add(server, user, privilege, table_object(table), why);
    return has;
  };
  std::vector<std::string> written;
  for (const PairColumn& column : pair.columns)
    written.push_back(linked ? column.source.name : column.target.name);
  std::vector<std::string> updated = written;
  // These are set to what they are, lest the server set them.
  for (const mysql::Column& column : written_table.columns)
    if (column.on_update_now) updated.push_back(column.name);

  if (linked) need_statements(server, user, vendor, missing);
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
