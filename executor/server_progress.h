// Which servers a plan still has units for.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "executor/unit_work.h"
#include "planner/plan.h"

namespace rowplan::executor {

/// Tells of a server when the last unit is in that reads or writes it.
class ServerProgress {
 public:
  using Done = std::function<void(const std::string& server)>;

  /// Servers of `waits` are never told of. `done` may be empty.
  ServerProgress(const planner::Plan& plan, std::set<std::string> waits, Done done);

  /// Before the first unit: servers that have none.
  void start();
  void unit_in(const UnitWork& unit);

 private:
  void tell(const std::string& server) const;

  std::map<std::string, std::uint64_t> open_;  ///< units, by server
  std::set<std::string> waits_;
  Done done_;
};

}  // namespace rowplan::executor
