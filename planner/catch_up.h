// Waiting until a replica is where its source is.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "mysql/session.h"
#include "planner/job.h"

namespace rowplan::planner {

/// While nothing is locked.
inline constexpr std::chrono::seconds kCatchUpAtMost{60};

/// Of one pair with direction = "via-source".
class CatchUp {
 public:
  /// `stop` may be null.
  CatchUp(const TableJob& job, std::chrono::milliseconds limit,
          const std::atomic<bool>* stop = nullptr)
      : target_(job.target), channel_(job.channel), limit_(limit), stop_(stop) {}

  /// Returns when `replica` has applied all that `source` can have seen so far: in the snapshot
  /// that it has open, under its locks, or by its own COMMIT. What is open on `replica` does not
  /// see it. Throws Refusal{temporary} when that takes longer than the limit, Refusal{limit} when
  /// replication stands still, Interrupted, mysql::Error.
  void wait(mysql::Session& source, mysql::Session& replica) const;

 private:
  std::string target_;
  std::string channel_;
  std::chrono::milliseconds limit_;
  const std::atomic<bool>* stop_;
};

}  // namespace rowplan::planner
