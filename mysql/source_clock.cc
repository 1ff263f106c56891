#include "mysql/source_clock.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>
#include <thread>

#include "mysql/mutant.h"
#include "mysql/named_rows.h"

namespace rowplan::mysql {

namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

// The servers answer from a copy of the list of transactions that is up to 0.1 s old, and older
// where others ask all the time.
constexpr unsigned kAsksForTransactions = 100;
constexpr std::chrono::milliseconds kBetweenAsks{120};
// An hour that the server's own zone repeats is one of these around the time that it tells.
constexpr const char* kAroundAChange = "3 HOUR";

ServerTime time_from_microseconds(const std::optional<std::string>& text) {
  return ServerTime(microseconds(std::stoll(text.value())));
}

/// A statement runs, by what SHOW PROCESSLIST says: not an idle connection, not the server's own.
bool runs_statement(const NamedRow& row) {
  static const std::set<std::string> idle = {"Sleep", "Daemon", "Binlog Dump", "Binlog Dump GTID"};
  static const std::set<std::string> own = {"system user", "event_scheduler",
                                            "unauthenticated user"};
  return idle.count(value_of(row, {"Command", "COMMAND"}).value_or("")) == 0 &&
         own.count(value_of(row, {"User", "USER"}).value_or("")) == 0;
}

class ClockReading {
 public:
  explicit ClockReading(Session& session) : session_(session) {}

  SourceClock read() {
    const TextRows now =
        session_.query("SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', NOW(6)), CONNECTION_ID()",
                       "asking for the server's clock");
    clock_.now = time_from_microseconds(now.at(0).at(0));
    self_ = std::stoull(now.at(0).at(1).value());
    read_statements();
    read_transactions();
    read_appliers();
    for (const auto& [connection, statement] : statements_)
      if (readers_.count(connection) == 0) consider(statement);
    return clock_;
  }

 private:
  void consider(const Holder& holder) {
    if (!clock_.oldest || holder.since < clock_.oldest->since) clock_.oldest = holder;
  }

  /// One that waits behind a metadata lock has no transaction yet, and is here all the same.
  void read_statements() {
    const bool milliseconds = session_.vendor() == Vendor::mariadb;
    const auto rows = query_named(
        session_,
        milliseconds ? "SELECT ID, USER, HOST, COMMAND, TIME_MS FROM information_schema.PROCESSLIST"
                     : "SHOW PROCESSLIST",
        "asking which statements run");
    for (const NamedRow& row : rows) {
      Holder statement;
      statement.connection = std::stoull(value_of(row, {"Id", "ID"}).value_or("0"));
      statement.user = value_of(row, {"User", "USER"}).value_or("");
      statement.host = value_of(row, {"Host", "HOST"}).value_or("");
      if (statement.connection == self_) continue;
      processes_[statement.connection] = statement;
      const auto time = value_of(row, {"TIME_MS", "Time"});
      if (!time || !runs_statement(row) || planted(Mutant::statements_unseen)) continue;
      // Whole seconds are the difference of whole seconds.
      statement.since =
          milliseconds
              ? clock_.now - microseconds(static_cast<std::int64_t>(std::stod(*time) * 1000)) -
                    std::chrono::milliseconds(1)
              : std::chrono::floor<seconds>(clock_.now) - seconds(std::stoll(*time) + 1);
      statements_[statement.connection] = statement;
    }
  }

  /// Started in the server's own time zone, whatever that of the session: what this session's own
  /// transaction says tells how far off that is now, and CONVERT_TZ what it was then.
  void read_transactions() {
    session_.begin_consistent_snapshot();
    const auto zone_at = [](const std::string& time) {
      return "TIMESTAMPDIFF(SECOND, CONVERT_TZ(" + time + ", 'SYSTEM', '+00:00'), " + time + ")";
    };
    const std::string around = std::string("INTERVAL ") + kAroundAChange;
    const std::string sql =
        "SELECT trx_mysql_thread_id, trx_is_read_only, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', "
        "trx_started), TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), trx_started), "
        "TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', "
        "'SYSTEM')), " +
        zone_at("trx_started") + ", " + zone_at("trx_started - " + around) + ", " +
        zone_at("trx_started + " + around) + " FROM information_schema.INNODB_TRX";
    for (unsigned asked = 1;; ++asked) {
      const TextRows rows = session_.query(sql, "asking which transactions are open");
      if (const auto own = own_zone(rows)) {
        for (const TextRow& row : rows) take_transaction(row, *own);
        break;
      }
      if (asked == kAsksForTransactions) {
        session_.rollback();
        throw std::runtime_error("'" + session_.server() +
                                 "' does not show a transaction of rowplan's own: its list of open "
                                 "transactions is too old to go by");
      }
      std::this_thread::sleep_for(kBetweenAsks);
    }
    session_.rollback();
  }

  /// How far ahead of UTC this session's own transaction is said to have started. nullopt: it is
  /// not in the list yet, so the list is an old one.
  [[nodiscard]] std::optional<seconds> own_zone(const TextRows& rows) const {
    for (const TextRow& row : rows) {
      if (!row.at(0) || std::stoull(*row.at(0)) != self_) continue;
      // It began a moment ago, and zones are whole minutes, of late quarters of an hour.
      const double ahead = std::stod(row.at(3).value());
      return seconds(60 * static_cast<std::int64_t>(std::llround(ahead / 60)));
    }
    return std::nullopt;
  }

  void take_transaction(const TextRow& row, seconds own) {
    const std::uint64_t connection = row.at(0) ? std::stoull(*row.at(0)) : 0;
    // What only reads leaves no row behind: rowplan's sessions, backups.
    if (row.at(1).value_or("0") != "0") {
      readers_.insert(connection);
      return;
    }
    if (connection == self_ || planted(Mutant::open_transactions_unseen)) return;
    // The most easterly that it can have been is the earliest that it can have started.
    seconds zone = own;
    const bool system = row.at(4) && seconds(std::stoll(*row.at(4))) == own;
    for (std::size_t i = 5; system && i <= 7; ++i)
      if (row.at(i)) zone = std::max(zone, seconds(std::stoll(*row.at(i))));
    Holder holder = processes_[connection];
    holder.connection = connection;
    holder.transaction = true;
    holder.since = time_from_microseconds(row.at(2)) - zone;
    consider(holder);
  }

  void read_appliers() {
    const bool mysql = session_.vendor() == Vendor::mysql;
    const auto rows =
        query_named(session_, mysql ? "SHOW REPLICA STATUS" : "SHOW ALL SLAVES STATUS",
                    "asking how far the replica has come");
    for (const NamedRow& row : rows) {
      Applier applier;
      applier.channel = value_of(row, {"Channel_Name", "Connection_name"}).value_or("");
      const auto behind = value_of(row, {"Seconds_Behind_Source", "Seconds_Behind_Master"});
      const auto io = value_of(row, {"Replica_IO_Running", "Slave_IO_Running"});
      const auto sql = value_of(row, {"Replica_SQL_Running", "Slave_SQL_Running"});
      if (behind && io.value_or("") == "Yes" && sql.value_or("") == "Yes")
        applier.reached =
            std::chrono::floor<seconds>(clock_.now) - seconds(1) - seconds(std::stoll(*behind));
      clock_.appliers.push_back(std::move(applier));
    }
  }

  Session& session_;
  SourceClock clock_;
  std::uint64_t self_ = 0;
  std::map<std::uint64_t, Holder> processes_;
  std::map<std::uint64_t, Holder> statements_;
  std::set<std::uint64_t> readers_;
};

}  // namespace

SourceClock read_source_clock(Session& session) { return ClockReading(session).read(); }

}  // namespace rowplan::mysql
