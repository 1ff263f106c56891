#include "planner/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <string_view>
#include <thread>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to us

namespace rowplan::planner {
namespace {

constexpr auto kExitPoll = std::chrono::milliseconds(5);

/// Frees what posix_spawn is told with.
class SpawnPlan {
 public:
  SpawnPlan() {
    const int actions = posix_spawn_file_actions_init(&actions_);
    const int attributes = posix_spawnattr_init(&attributes_);
    error_ = actions != 0 ? actions : attributes;
  }
  ~SpawnPlan() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  void also(int error) {
    if (error_ == 0) error_ = error;
  }
  [[nodiscard]] int error() const { return error_; }
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;

 private:
  int error_ = 0;
};

void plan_streams(SpawnPlan& plan, const ChildStart& how) {
  posix_spawn_file_actions_t* const actions = &plan.actions_;
  plan.also(how.in < 0
                ? posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
                : posix_spawn_file_actions_adddup2(actions, how.in, STDIN_FILENO));
  plan.also(posix_spawn_file_actions_adddup2(actions, how.out, STDOUT_FILENO));
  plan.also(how.err_to_out ? posix_spawn_file_actions_adddup2(actions, how.out, STDERR_FILENO)
                           : posix_spawn_file_actions_addopen(actions, STDERR_FILENO, "/dev/null",
                                                              O_WRONLY, 0));
}

/// A group of its own, and signals as a program expects them: we ignore SIGPIPE.
void plan_signals(SpawnPlan& plan) {
  sigset_t none;
  sigemptyset(&none);
  sigset_t usual;
  sigemptyset(&usual);
  sigaddset(&usual, SIGPIPE);
  plan.also(posix_spawnattr_setpgroup(&plan.attributes_, 0));
  plan.also(posix_spawnattr_setsigmask(&plan.attributes_, &none));
  plan.also(posix_spawnattr_setsigdefault(&plan.attributes_, &usual));
  plan.also(posix_spawnattr_setflags(
      &plan.attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
}

std::vector<char*> environment_without(const std::vector<std::string>& names) {
  std::vector<char*> kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string_view name = text.substr(0, text.find('='));
    if (std::find(names.begin(), names.end(), name) == names.end()) kept.push_back(*entry);
  }
  kept.push_back(nullptr);
  return kept;
}

}  // namespace

void FileDescriptor::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

int ChildProcess::start(const std::vector<std::string>& argv, const ChildStart& how) {
  assert(!argv.empty());
  std::vector<char*> arguments;
  arguments.reserve(argv.size() + 1);
  for (const std::string& argument : argv)
    arguments.push_back(const_cast<char*>(argument.c_str()));  // posix_spawn does not write to it
  arguments.push_back(nullptr);
  std::vector<char*> environment = environment_without(how.without_env);
  SpawnPlan plan;
  if (plan.error() == 0) {
    plan_streams(plan, how);
    plan_signals(plan);
  }
  if (plan.error() != 0) return plan.error();
  return posix_spawnp(&pid_, arguments[0], &plan.actions_, &plan.attributes_, arguments.data(),
                      environment.data());
}

std::optional<int> ChildProcess::wait_until(Time deadline) {
  while (true) {
    int status = 0;
    const pid_t ended = waitpid(pid_, &status, WNOHANG);
    if (ended == pid_) {
      ended_ = true;
      return status;
    }
    if (ended < 0 && errno != EINTR) return std::nullopt;
    if (std::chrono::steady_clock::now() >= deadline) return std::nullopt;
    std::this_thread::sleep_for(kExitPoll);
  }
}

void ChildProcess::signal(int number) const { ::kill(-pid_, number); }

void ChildProcess::kill() {
  signal(SIGKILL);
  int status = 0;
  while (!ended_ && waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  ended_ = true;
}

}  // namespace rowplan::planner
