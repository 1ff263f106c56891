// Rests while a table is read: no snapshot is open for long, and none while somebody wants a server
// left alone.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "mysql/session.h"
#include "planner/member_sessions.h"
#include "planner/table_pair.h"
#include "planner/throttle_spec.h"

namespace rowplan::planner {

/// How a reading rests; called by several threads.
struct RestWays {
  /// A snapshot keeps its server from purging what was changed since.
  std::chrono::milliseconds snapshot_age = kSnapshotAge;
  std::function<bool()> wanted;  ///< is there a reason to wait? May throw; empty: never
  std::function<void()> wait;    ///< until there is none, or the run is stopped
  std::function<mysql::Session(const std::string& server)> open;  ///< empty: no rest at all
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
};

/// Of one table or range, whose reader asks where it could go on in newer snapshots.
class ReadingRests {
 public:
  ReadingRests(const TablePair& pair, const RestWays& ways) : pair_(pair), ways_(ways) {}

  /// Snapshots were opened.
  void opened();
  /// Are they to be closed? Cheap: whether somebody waits is asked now and then only.
  [[nodiscard]] bool due();
  /// Closes the snapshots, and where somebody waits the sessions too until the wait is over. No
  /// result may be open on them.
  void rest(const std::vector<MemberSessions>& members);
  /// Puts others in place of sessions that are closed, if there is a way. These have no snapshot.
  void reopen(const MemberSessions& members) const;

 private:
  const TablePair& pair_;
  const RestWays& ways_;
  std::chrono::steady_clock::time_point opened_;
  std::chrono::steady_clock::time_point asked_;
  bool wanted_ = false;
};

}  // namespace rowplan::planner
