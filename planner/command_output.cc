#include "planner/command_output.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "planner/child_process.h"

namespace rowplan::planner {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook{20};  // between two looks whether it has ended
constexpr std::size_t kPipeBytesMax = 1U << 20U;

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

void take_status(int status, CommandResult& result) {
  if (WIFEXITED(status)) {
    result.end = CommandResult::End::exited;
    result.code = WEXITSTATUS(status);
  } else {
    result.end = CommandResult::End::signalled;
    result.code = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }
}

/// A file in memory that holds `text` and is read from its start; negative: errno is set.
int file_of(const std::string& text) {
  const int fd = memfd_create("rowplan", MFD_CLOEXEC);
  std::size_t written = 0;
  while (fd >= 0 && written < text.size()) {
    const ssize_t count = write(fd, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      close(fd);
      return -1;
    }
    written += static_cast<std::size_t>(count);
  }
  if (fd >= 0) lseek(fd, 0, SEEK_SET);
  return fd;
}

/// Takes what is there within `wait`, and keeps the end of all that came. How many bytes came;
/// nullopt: no more will.
std::optional<std::size_t> read_some(int fd, std::chrono::milliseconds wait, std::size_t max_bytes,
                                     std::string& output) {
  std::array<char, 4096> buffer{};
  pollfd entry{fd, POLLIN, 0};
  if (poll(&entry, 1, static_cast<int>(wait.count())) <= 0) return 0;
  const ssize_t count = read(fd, buffer.data(), buffer.size());
  if (count < 0 && errno == EINTR) return 0;
  if (count <= 0) return std::nullopt;
  output.append(buffer.data(), static_cast<std::size_t>(count));
  if (output.size() > max_bytes) output.erase(0, output.size() - max_bytes);
  return static_cast<std::size_t>(count);
}

/// Reads while the program runs, and what is in the pipe when it has ended: what it left behind may
/// hold that open for ever. nullopt: it did not end in time.
std::optional<int> follow(ChildProcess& child, int fd, Clock::time_point deadline,
                          std::size_t max_bytes, std::string& output) {
  bool more = true;
  while (Clock::now() < deadline) {
    if (more) more = read_some(fd, kLook, max_bytes, output).has_value();
    const auto status = child.wait_until(more ? Clock::now() : Clock::now() + kLook);
    if (!status) continue;
    for (std::size_t left = kPipeBytesMax; more && left > 0;) {
      const std::size_t count =
          read_some(fd, std::chrono::milliseconds(0), max_bytes, output).value_or(0);
      more = count > 0;
      left -= std::min(left, count);
    }
    return status;
  }
  return std::nullopt;
}

}  // namespace

CommandResult run_command(const std::vector<std::string>& argv, const CommandLimits& limits) {
  CommandResult result;
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    result.code = errno;
    return result;
  }
  FileDescriptor reader(ends[0]);
  FileDescriptor writer(ends[1]);
  ChildProcess child;
  result.code = child.start(argv, {.out = writer.get()});
  if (result.code != 0) return result;
  writer.close();
  const Clock::time_point deadline = Clock::now() + limits.timeout;
  if (const auto given_up = read_all(reader.get(), limits, deadline, result.output)) {
    child.kill();
    result.end = *given_up;
    return result;
  }
  if (const std::optional<int> status = child.wait_until(deadline)) {
    take_status(*status, result);
  } else {
    child.kill();
    result.end = CommandResult::End::timed_out;
  }
  return result;
}

CommandResult run_with_input(const std::vector<std::string>& argv, const CommandInput& input,
                             const CommandLimits& limits) {
  CommandResult result;
  std::array<int, 2> ends{};
  const FileDescriptor in(file_of(input.text));
  if (in.get() < 0 || pipe2(ends.data(), O_CLOEXEC) != 0) {
    result.code = errno;
    return result;
  }
  FileDescriptor reader(ends[0]);
  FileDescriptor writer(ends[1]);
  ChildProcess child;
  result.code = child.start(
      argv,
      {.in = in.get(), .out = writer.get(), .err_to_out = true, .without_env = input.without_env});
  if (result.code != 0) return result;
  writer.close();
  auto status =
      follow(child, reader.get(), Clock::now() + limits.timeout, limits.max_bytes, result.output);
  if (status) {
    take_status(*status, result);
    return result;
  }
  child.signal(SIGTERM);
  (void)follow(child, reader.get(), Clock::now() + input.grace, limits.max_bytes, result.output);
  child.kill();
  result.end = CommandResult::End::timed_out;
  return result;
}

}  // namespace rowplan::planner
