// Links drop. What can be done again from its start is tried a few times, with growing waits.
#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <string>

#include "executor/halt.h"

namespace rowplan::executor {

/// What a failure says, if it may be gone a moment later: the connection was lost, could not be
/// made, or whether a COMMIT took effect is not known.
[[nodiscard]] std::optional<std::string> dropped_link(const std::exception_ptr& failure);

/// Counts the attempts of one piece of work.
class LinkRetry {
 public:
  using Tell = std::function<void(const std::string&)>;

  LinkRetry(Halt& halt, Tell tell) : halt_(halt), tell_(std::move(tell)) {}

  /// Waits, if there is reason to try again; else throws: Interrupted if asked to stop,
  /// Refusal{temporary} after the last attempt, or `failure` itself if it is of another kind.
  void wait_or_throw(const std::exception_ptr& failure);

 private:
  Halt& halt_;
  Tell tell_;
  unsigned failed_ = 0;
};

}  // namespace rowplan::executor
