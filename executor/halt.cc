#include "executor/halt.h"

namespace rowplan::executor {

namespace {

using SteadyClock = std::chrono::steady_clock;

// A signal handler may set a flag and nothing else: somebody has to look at it.
constexpr std::chrono::milliseconds kBetweenLooks{20};

}  // namespace

Halt::Halt(const std::atomic<bool>* signal, std::optional<std::chrono::milliseconds> limit)
    : signal_(signal), watcher_([this, limit] { watch(limit); }) {}

Halt::~Halt() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  watcher_.join();
}

void Halt::watch(std::optional<std::chrono::milliseconds> limit) {
  const auto start = SteadyClock::now();
  std::unique_lock lock(mutex_);
  while (!over_) {
    if (by_signal() || (limit && SteadyClock::now() - start >= *limit)) {
      flag_.store(true);
      changed_.notify_all();
      return;
    }
    changed_.wait_for(lock, kBetweenLooks);
  }
}

bool Halt::wait(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [this] { return flag_.load(); });
  return !flag_.load();
}

}  // namespace rowplan::executor
