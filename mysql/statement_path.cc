#include "mysql/statement_path.h"

#include "mysql/quote.h"

namespace rowplan::mysql {

namespace {

bool is_set(const std::optional<std::string>& value) { return value && *value == "1"; }

}  // namespace

BinlogFacts read_binlog_facts(Session& session) {
  const char* applied = session.vendor() == Vendor::mysql ? "@@global.log_replica_updates"
                                                          : "@@global.log_slave_updates";
  const TextRows rows =
      session.query(std::string("SELECT @@global.log_bin, ") + applied + ", @@global.binlog_format",
                    "asking for the binary log");
  return {is_set(rows.at(0).at(0)), is_set(rows.at(0).at(1)), rows.at(0).at(2).value_or("")};
}

std::size_t count_log_readers(Session& session) {
  const TextRows rows = session.query(
      "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'",
      "looking for replicas");
  return std::stoul(rows.at(0).at(0).value_or("0"));
}

ApplierLimits read_applier_limits(Session& replica, const std::string& channel) {
  ApplierLimits limits;
  if (replica.vendor() != Vendor::mysql) return limits;
  const TextRows rows = replica.query(
      "SELECT REQUIRE_ROW_FORMAT, PRIVILEGE_CHECKS_USER FROM"
      " performance_schema.replication_applier_configuration WHERE CHANNEL_NAME = " +
          text_literal(channel),
      "asking what the applier takes");
  limits.known = !rows.empty();
  if (!limits.known) return limits;
  limits.rows_only = rows.at(0).at(0).value_or("") == "YES";
  limits.privileges_user = rows.at(0).at(1).value_or("");
  return limits;
}

std::uint64_t read_server_id(Session& session) {
  return std::stoull(
      session.query("SELECT @@global.server_id", "asking for the server's id").at(0).at(0).value());
}

}  // namespace rowplan::mysql
