// A plan that cannot be trusted: damaged, edited, expired, of an unknown major version, or not
// there.
#pragma once

#include <stdexcept>
#include <string>

namespace rowplan::planner {

/// Exit code 16 where it ends a command. `path` is relative to the plan's directory.
class PlanError : public std::runtime_error {
 public:
  PlanError(std::string path, const std::string& what)
      : std::runtime_error(path + ": " + what), path_(std::move(path)) {}
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace rowplan::planner
