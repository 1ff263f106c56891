#include "mysql/facts.h"

#include "mysql/quote.h"

namespace rowplan::mysql {

namespace {

std::optional<std::string> variable(Session& session, const std::string& name) {
  const TextRows rows = session.query("SHOW GLOBAL VARIABLES LIKE " + text_literal(name),
                                      "reading the variable " + name);
  if (rows.empty()) return std::nullopt;
  return rows.at(0).at(1);
}

bool is_on(const std::optional<std::string>& value) {
  return value && (*value == "ON" || *value == "1");
}

std::optional<bool> is_replica(Session& session) {
  try {
    const char* sql =
        session.vendor() == Vendor::mysql ? "SHOW REPLICA STATUS" : "SHOW ALL SLAVES STATUS";
    return !session.query(sql, "asking whether the server is a replica").empty();
  } catch (const Error& error) {
    if (error.is_privilege()) return std::nullopt;
    throw;
  }
}

}  // namespace

Facts read_facts(Session& session) {
  Facts facts;
  facts.identity = session.identity();
  facts.vendor = session.vendor();
  facts.version = session.version();
  facts.read_only =
      is_on(variable(session, "read_only")) || is_on(variable(session, "super_read_only"));
  facts.replica = is_replica(session);
  facts.galera = is_on(variable(session, "wsrep_on"));
  facts.lower_case_table_names =
      std::stoi(variable(session, "lower_case_table_names").value_or("0"));
  return facts;
}

std::string role_of(const Facts& facts) {
  if (!facts.replica) return "unknown";
  return *facts.replica ? "replica" : "primary";
}

bool sees_triggers(Session& session, const TableName& table) {
  // information_schema shows the grants of the user and, on both vendors, of its active roles.
  const std::string sql =
      "SELECT 1 FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE='TRIGGER'"
      " UNION ALL SELECT 1 FROM information_schema.SCHEMA_PRIVILEGES WHERE"
      " PRIVILEGE_TYPE='TRIGGER' AND " +
      text_literal(table.db) +
      " LIKE TABLE_SCHEMA"
      " UNION ALL SELECT 1 FROM information_schema.TABLE_PRIVILEGES WHERE PRIVILEGE_TYPE='TRIGGER'"
      " AND TABLE_SCHEMA=" +
      text_literal(table.db) + " AND TABLE_NAME=" + text_literal(table.table);
  return !session.query(sql, "reading the privileges").empty();
}

bool get_lock(Session& session, const std::string& name) {
  const TextRows rows =
      session.query("SELECT GET_LOCK(" + text_literal(name) + ", 0)", "taking a lock");
  return rows.at(0).at(0).value_or("0") == "1";
}

bool holds_lock(Session& session, const std::string& name) {
  const TextRows rows = session.query(
      "SELECT IS_USED_LOCK(" + text_literal(name) + ") <=> CONNECTION_ID()", "checking a lock");
  return rows.at(0).at(0).value_or("0") == "1";
}

std::optional<std::string> lock_holder(Session& session, const std::string& name) {
  return session.query("SELECT IS_USED_LOCK(" + text_literal(name) + ")", "asking for a lock")
      .at(0)
      .at(0);
}

}  // namespace rowplan::mysql
