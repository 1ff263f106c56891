#include "mysql/replica_wait.h"

#include <algorithm>
#include <optional>
#include <sstream>
#include <thread>

#include "mysql/log_end.h"
#include "mysql/quote.h"

namespace rowplan::mysql {

namespace {

using SteadyClock = std::chrono::steady_clock;

// Of a transaction that others see already, the GTID is told a moment later.
constexpr std::chrono::milliseconds kOwnedAtMost{500};
constexpr std::chrono::milliseconds kBetweenAsks{2};
// A wait that the server ends at once, because its applier stands still, is not asked for again
// before this time.
constexpr std::chrono::milliseconds kBetweenWaits{50};
constexpr const char* kDoing = "waiting for the replica";

/// `uuid:5#12:6#13,...`: GTIDs with the threads that are about to commit them. Without the threads.
std::string without_threads(const std::string& owned) {
  std::string gtids;
  bool thread = false;
  for (const char c : owned) {
    if (c == '#') thread = true;
    if (c == ':' || c == ',' || c == '\n') thread = false;
    if (!thread) gtids += c;
  }
  return gtids;
}

/// gtid_executed lacks for a moment what was committed already, and is in gtid_owned until it does
/// not.
std::string executed_gtids(Session& source) {
  const auto ask = [&](const std::string& sql) {
    return source.query(sql, "asking for the GTIDs that were executed").at(0).at(0).value_or("");
  };
  const std::string owned = without_threads(ask("SELECT @@global.gtid_owned"));
  const auto until = SteadyClock::now() + kOwnedAtMost;
  while (!owned.empty() && SteadyClock::now() < until &&
         ask("SELECT GTID_SUBSET(" + text_literal(owned) + ", @@global.gtid_executed)") != "1")
    std::this_thread::sleep_for(kBetweenAsks);
  return ask("SELECT @@global.gtid_executed");
}

SourcePosition mariadb_position(Session& source) {
  SourcePosition position;
  for (const TextRow& row :
       source.query("SHOW STATUS LIKE 'binlog_snapshot_%'", "asking for the snapshot's position")) {
    const std::string value = row.at(1).value_or("");
    if (row.at(0).value_or("") == "Binlog_snapshot_file") position.file = value;
    if (row.at(0).value_or("") == "Binlog_snapshot_position" && !value.empty())
      position.offset = std::stoull(value);
  }
  const TextRows gtids =
      source.query("SELECT BINLOG_GTID_POS(" + text_literal(position.file) + ", " +
                       std::to_string(position.offset) + "), @@global.gtid_binlog_pos",
                   "asking for the snapshot's GTIDs");
  // A log that was purged a moment ago cannot be asked: what is logged by now is later, and will
  // do.
  position.gtids = gtids.at(0).at(0).value_or(gtids.at(0).at(1).value_or(""));
  return position;
}

/// `1-1-10,2-2-5` without the domains in which the last one is the replica's own: it does not
/// replicate from itself.
std::string gtids_of_others(const std::string& gtids, const std::string& server_id) {
  std::string others;
  std::istringstream list(gtids);
  for (std::string gtid; std::getline(list, gtid, ',');) {
    const std::size_t first = gtid.find('-');
    const std::size_t second = gtid.find('-', first + 1);
    if (second == std::string::npos || gtid.substr(first + 1, second - first - 1) == server_id)
      continue;
    others += (others.empty() ? "" : ",") + gtid;
  }
  return others;
}

/// One wait; asks the server in pieces of a second.
class Wait {
 public:
  Wait(Session& replica, const std::string& channel, const SourcePosition& position)
      : replica_(replica), channel_(channel), position_(position) {}

  ReplicaWait run(std::chrono::milliseconds limit, const std::function<bool()>& stop) {
    const auto until = SteadyClock::now() + limit;
    const auto began = find_channel();
    if (!began || !can_ask(*began)) return PositionUnknown{};
    while (true) {
      const auto asked = SteadyClock::now();
      if (reached(began->by_gtid)) return PositionReached{};
      const auto now = find_channel();
      if (!now) return PositionUnknown{};
      if (!now->applies) return ApplierStopped{false, now->applier_error};
      if (!now->receives) return ApplierStopped{true, now->receiver_error};
      if (SteadyClock::now() >= until || (stop && stop())) return PositionTimedOut{};
      if (SteadyClock::now() - asked < kBetweenWaits) std::this_thread::sleep_for(kBetweenWaits);
    }
  }

 private:
  std::optional<ReplicaChannel> find_channel() {
    for (ReplicaChannel& channel : read_channels(replica_))
      if (channel.name == channel_) return std::move(channel);
    return std::nullopt;
  }

  [[nodiscard]] bool can_ask(const ReplicaChannel& channel) const {
    const bool by_gtids = replica_.vendor() == Vendor::mysql && channel.by_gtid;
    return (by_gtids && !position_.gtids.empty()) || !position_.file.empty();
  }

  [[nodiscard]] bool reached(bool by_gtid) {
    if (replica_.vendor() == Vendor::mysql)
      return by_gtid ? asked("WAIT_FOR_EXECUTED_GTID_SET(" + text_literal(position_.gtids) + ", 1)",
                             0, 0)
                     : by_file("SOURCE_POS_WAIT");
    // By file always: two sources can use one domain. By GTID, too: domains are applied side by
    // side, and then the file's offset runs ahead.
    if (!by_file("MASTER_POS_WAIT")) return false;
    if (!by_gtid) return true;
    const std::string own = replica_.query("SELECT @@global.server_id", kDoing).at(0).at(0).value();
    const std::string gtids = gtids_of_others(position_.gtids, own);
    return gtids.empty() || asked("MASTER_GTID_WAIT(" + text_literal(gtids) + ", 1)", 0, 0);
  }

  [[nodiscard]] bool by_file(const std::string& function) {
    return asked(function + "(" + text_literal(position_.file) + ", " +
                     std::to_string(position_.offset) + ", 1, " + text_literal(channel_) + ")",
                 0, INT64_MAX);
  }

  /// Is its value one of these? NULL is not: the applier stands still.
  [[nodiscard]] bool asked(const std::string& function, std::int64_t low, std::int64_t high) {
    const auto value = replica_.query("SELECT " + function, kDoing).at(0).at(0);
    if (!value) return false;
    const std::int64_t number = std::stoll(*value);
    return number >= low && number <= high;
  }

  Session& replica_;
  const std::string& channel_;
  const SourcePosition& position_;
};

}  // namespace

SourcePosition read_source_position(Session& source) {
  if (source.vendor() == Vendor::mariadb) return mariadb_position(source);
  SourcePosition position;
  try {
    if (const auto end = read_log_end(source)) {
      position.file = end->file;
      position.offset = end->offset;
    }
  } catch (const Error& error) {
    if (!error.is_privilege()) throw;
  }
  position.gtids = executed_gtids(source);
  return position;
}

ReplicaWait wait_for_position(Session& replica, const std::string& channel,
                              const SourcePosition& position, std::chrono::milliseconds limit,
                              const std::function<bool()>& stop) {
  return Wait(replica, channel, position).run(limit, stop);
}

}  // namespace rowplan::mysql
