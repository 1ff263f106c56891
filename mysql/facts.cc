#include "mysql/facts.h"

#include <chrono>

#include "mysql/quote.h"

namespace rowplan::mysql {

namespace {

std::optional<std::string> variable(Session& session, const std::string& name) {
  const TextRows rows = session.query("SHOW GLOBAL VARIABLES LIKE " + text_literal(name),
                                      "reading the variable " + name);
  if (rows.empty()) return std::nullopt;
  return rows.at(0).at(1);
}

/// MariaDB knows more than one way of being read_only: what is not off is on.
bool is_on(const std::optional<std::string>& value) {
  return value && *value != "OFF" && *value != "0";
}

std::uint64_t number(const std::optional<std::string>& value) {
  return value ? std::stoull(*value) : 0;
}

}  // namespace

Facts read_facts(Session& session) {
  Facts facts;
  facts.identity = session.identity();
  facts.vendor = session.vendor();
  facts.version = session.version();
  facts.read_only =
      is_on(variable(session, "read_only")) || is_on(variable(session, "super_read_only"));
  facts.replication = read_replication_facts(session);
  if (facts.replication.channels) facts.replica = !facts.replication.channels->empty();
  facts.galera = is_on(variable(session, "wsrep_on"));
  if (facts.galera) facts.galera_max_rows = number(variable(session, "wsrep_max_ws_rows"));
  facts.lower_case_table_names =
      std::stoi(variable(session, "lower_case_table_names").value_or("0"));
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
