#include "cmd/interrupt.h"

#include <signal.h>  // sigaction is POSIX, not in <csignal>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace rowplan::cmd {
namespace {

std::atomic<bool> stop_asked{false};
std::atomic<int> first_signal{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free,
              "a signal handler may touch nothing else");

struct sigaction old_interrupt;
struct sigaction old_terminate;
struct sigaction old_pipe;

extern "C" void on_stop_signal(int number) {
  if (stop_asked.exchange(true)) ::_exit(128 + number);
  first_signal.store(number);
  const int error = errno;
  constexpr std::string_view kText =
      "\nStopping after the work under way; a second signal stops at once.\n";
  // Nothing can be done where it does not arrive.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kText.data(), kText.size());
  errno = error;
}

}  // namespace

Interrupt::Interrupt() {
  stop_asked.store(false);
  first_signal.store(0);
  struct sigaction action = {};
  action.sa_handler = on_stop_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &old_interrupt);
  sigaction(SIGTERM, &action, &old_terminate);
  // A reader of our output that went away is no reason to die within a transaction.
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, &old_pipe);
}

Interrupt::~Interrupt() {
  sigaction(SIGINT, &old_interrupt, nullptr);
  sigaction(SIGTERM, &old_terminate, nullptr);
  sigaction(SIGPIPE, &old_pipe, nullptr);
}

const std::atomic<bool>& Interrupt::stop() const noexcept { return stop_asked; }

int Interrupt::signal() const noexcept { return first_signal.load(); }

}  // namespace rowplan::cmd
