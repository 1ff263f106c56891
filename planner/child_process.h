// A program that runs in a process group of its own, started without a shell.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace rowplan::planner {

/// Closed when it goes.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() { close(); }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  void close();

 private:
  int fd_;
};

struct ChildStart {
  int in = -1;  ///< stdin; none: /dev/null
  int out = -1;
  bool err_to_out = false;                    ///< else stderr is dropped
  std::vector<std::string> without_env = {};  ///< names of variables that it does not inherit
};

class ChildProcess {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `argv` is not empty; its first entry is searched in PATH if it has no slash. 0, or errno.
  [[nodiscard]] int start(const std::vector<std::string>& argv, const ChildStart& how);
  /// Its wait status, once it has ended; nullopt: it has not, by then.
  [[nodiscard]] std::optional<int> wait_until(Time deadline);
  /// To the whole group. After it has ended, to what it left behind.
  void signal(int number) const;
  /// SIGKILL to the group, and waits.
  void kill();

 private:
  pid_t pid_ = 0;
  bool ended_ = false;
};

}  // namespace rowplan::planner
