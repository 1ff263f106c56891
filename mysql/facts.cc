#include "mysql/facts.h"

#include <chrono>
#include <map>
#include <string>

#include "mysql/quote.h"

namespace rowplan::mysql {

namespace {

/// Of those that the server has.
std::map<std::string, std::string> read_variables(Session& session) {
  std::map<std::string, std::string> values;
  for (const TextRow& row :
       session.query("SHOW GLOBAL VARIABLES WHERE Variable_name IN ('read_only', 'super_read_only',"
                     " 'wsrep_on', 'wsrep_max_ws_rows', 'lower_case_table_names')",
                     "reading the server's variables"))
    values[row.at(0).value_or("")] = row.at(1).value_or("");
  return values;
}

}  // namespace

Facts read_facts(Session& session) {
  Facts facts;
  facts.identity = session.identity();
  facts.vendor = session.vendor();
  facts.version = session.version();
  std::map<std::string, std::string> values = read_variables(session);
  // MariaDB knows more than one way of being read_only: what is not off is on.
  const auto is_on = [&](const char* name) {
    const std::string& value = values[name];
    return !value.empty() && value != "OFF" && value != "0";
  };
  facts.read_only = is_on("read_only") || is_on("super_read_only");
  facts.replication = read_replication_facts(session);
  if (facts.replication.channels) facts.replica = !facts.replication.channels->empty();
  facts.galera = is_on("wsrep_on");
  if (facts.galera) facts.galera_max_rows = std::stoull("0" + values["wsrep_max_ws_rows"]);
  facts.lower_case_table_names = std::stoi("0" + values["lower_case_table_names"]);
  return facts;
}

std::string role_of(const Facts& facts) {
  if (!facts.replica) return "unknown";
  return *facts.replica ? "replica" : "primary";
}

double clock_ahead_s(Session& session) {
  const auto here = [] {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  const double before = here();
  const TextRows rows =
      session.query("SELECT UNIX_TIMESTAMP(NOW(6))", "asking for the server's clock");
  const double after = here();
  return std::stod(rows.at(0).at(0).value_or("0")) - (before + after) / 2;
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
