#include "planner/command_output.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <optional>
#include <thread>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to us

namespace rowplan::planner {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kExitPoll = std::chrono::milliseconds(5);

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() { close(); }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

/// Starts the program in a process group of its own with `out` as its stdout. Returns errno.
int start(const std::vector<std::string>& argv, int out, pid_t& pid) {
  std::vector<char*> arguments;
  arguments.reserve(argv.size() + 1);
  for (const std::string& argument : argv) {
    arguments.push_back(const_cast<char*>(argument.c_str()));  // posix_spawn does not write to it
  }
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  if (const int error = posix_spawn_file_actions_init(&actions); error != 0) return error;
  if (const int error = posix_spawnattr_init(&attributes); error != 0) {
    posix_spawn_file_actions_destroy(&actions);
    return error;
  }
  sigset_t none;
  sigemptyset(&none);
  int error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  if (error == 0) {
    error = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  }
  if (error == 0) error = posix_spawnattr_setpgroup(&attributes, 0);
  if (error == 0) error = posix_spawnattr_setsigmask(&attributes, &none);
  if (error == 0) {
    error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  }
  if (error == 0) {
    error = posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), environ);
  }
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

int milliseconds_left(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  return left.count() > 0 ? static_cast<int>(left.count()) : 0;
}

/// Reads to the end. nullopt: all read; else why it was given up.
std::optional<CommandResult::End> read_all(int fd, const CommandLimits& limits,
                                           Clock::time_point deadline, std::string& output) {
  std::array<char, 4096> buffer{};
  while (true) {
    pollfd entry{fd, POLLIN, 0};
    const int ready = poll(&entry, 1, milliseconds_left(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return CommandResult::End::timed_out;
    const ssize_t count = read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    output.append(buffer.data(), static_cast<std::size_t>(count));
    if (output.size() > limits.max_bytes) return CommandResult::End::too_long;
  }
}

/// The status of a program that ended in time; nullopt: it did not.
std::optional<int> wait_until(pid_t pid, Clock::time_point deadline) {
  while (true) {
    int status = 0;
    const pid_t ended = waitpid(pid, &status, WNOHANG);
    if (ended == pid) return status;
    if (ended < 0 && errno != EINTR) return std::nullopt;
    if (Clock::now() >= deadline) return std::nullopt;
    std::this_thread::sleep_for(kExitPoll);
  }
}

void kill_group(pid_t pid) {
  kill(-pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

CommandResult run_command(const std::vector<std::string>& argv, const CommandLimits& limits) {
  assert(!argv.empty());
  CommandResult result;
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    result.code = errno;
    return result;
  }
  FileDescriptor reader(ends[0]);
  FileDescriptor writer(ends[1]);
  pid_t pid = 0;
  result.code = start(argv, writer.get(), pid);
  if (result.code != 0) return result;
  writer.close();
  const Clock::time_point deadline = Clock::now() + limits.timeout;
  if (const auto given_up = read_all(reader.get(), limits, deadline, result.output)) {
    kill_group(pid);
    result.end = *given_up;
    return result;
  }
  const std::optional<int> status = wait_until(pid, deadline);
  if (!status) {
    kill_group(pid);
    result.end = CommandResult::End::timed_out;
  } else if (WIFEXITED(*status)) {
    result.end = CommandResult::End::exited;
    result.code = WEXITSTATUS(*status);
  } else {
    result.end = CommandResult::End::signalled;
    result.code = WIFSIGNALED(*status) ? WTERMSIG(*status) : 0;
  }
  return result;
}

}  // namespace rowplan::planner
