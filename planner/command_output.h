// Runs a program without a shell and takes what it prints.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace rowplan::planner {

struct CommandResult {
  enum class End : std::uint8_t {
    exited,
    signalled,
    timed_out,  ///< it was killed, with its process group
    too_long,   ///< likewise: it printed more than `max_bytes`
    not_started,
  };
  End end = End::not_started;
  int code = 0;  ///< exit code, signal number, or errno
  std::string output;
};

struct CommandLimits {
  std::chrono::milliseconds timeout{30'000};
  std::size_t max_bytes = 64U << 10U;
};

/// `argv` is not empty; its first entry is searched in PATH if it has no slash. The program reads
/// nothing, inherits the environment, and what it writes to stderr is dropped. Never throws for
/// what the program does.
[[nodiscard]] CommandResult run_command(const std::vector<std::string>& argv,
                                        const CommandLimits& limits);

struct CommandInput {
  std::string text = {};                      ///< its standard input
  std::vector<std::string> without_env = {};  ///< names of variables that it does not inherit
  std::chrono::milliseconds grace{5'000};
};

/// Likewise, but what it writes to stdout and stderr is the output, of which the last `max_bytes`
/// are kept. When its time is over, its process group gets SIGTERM, and SIGKILL after `grace`. It
/// is done when it ends itself, whatever it leaves running.
[[nodiscard]] CommandResult run_with_input(const std::vector<std::string>& argv,
                                           const CommandInput& input, const CommandLimits& limits);

}  // namespace rowplan::planner
