// The operating system refused something about a file: full, forbidden, in the way.
#pragma once

#include <stdexcept>
#include <string>
#include <system_error>

namespace rowplan::planner {

/// `error` is an errno value; `doing` is a verb: "write", "rename".
class FileError : public std::runtime_error {
 public:
  FileError(std::string path, int error, const std::string& doing)
      : std::runtime_error("cannot " + doing + " '" + path +
                           "': " + std::generic_category().message(error)),
        path_(std::move(path)),
        error_(error) {}
  FileError(std::string path, int error, const std::string& doing, const std::string& why)
      : std::runtime_error("cannot " + doing + " '" + path + "': " + why),
        path_(std::move(path)),
        error_(error) {}
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] int error() const noexcept { return error_; }

 private:
  std::string path_;
  int error_;
};

}  // namespace rowplan::planner
