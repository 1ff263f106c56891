// Waiting until a replica is where its source is.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include "mysql/session.h"
#include "planner/job.h"

namespace rowplan::planner {

/// While nothing is locked.
inline constexpr std::chrono::seconds kCatchUpAtMost{60};

/// Of one pair whose target replicates from its source.
class CatchUp {
 public:
  /// `called_off` is asked while it waits; true ends it. It may be empty.
  CatchUp(std::string target, std::string channel, std::chrono::milliseconds limit,
          std::function<bool()> called_off = {})
      : target_(std::move(target)),
        channel_(std::move(channel)),
        limit_(limit),
        called_off_(std::move(called_off)) {}
  /// With direction = "via-source".
  CatchUp(const TableJob& job, std::chrono::milliseconds limit,
          std::function<bool()> called_off = {})
      : CatchUp(job.target, job.channel, limit, std::move(called_off)) {}

  /// Returns when `replica` has applied all that `source` can have seen so far: in the snapshot
  /// that it has open, under its locks, or by its own COMMIT. What is open on `replica` does not
  /// see it. Throws Refusal{temporary} when that takes longer than the limit, Refusal{limit} when
  /// replication stands still, Refusal{access} where the position may not be asked for,
  /// Interrupted, mysql::Error.
  void wait(mysql::Session& source, mysql::Session& replica) const;

 private:
  std::string target_;
  std::string channel_;
  std::chrono::milliseconds limit_;
  std::function<bool()> called_off_;
};

}  // namespace rowplan::planner
