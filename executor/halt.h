// When a run stops early: at a signal, or when its time is over.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace rowplan::executor {

/// Gathers both into the one flag that the planner and apply look at.
class Halt {
 public:
  /// `signal` may be null, and must outlive this. Without `limit` there is no end of time, which
  /// otherwise begins now.
  Halt(const std::atomic<bool>* signal, std::optional<std::chrono::milliseconds> limit);
  ~Halt();
  Halt(const Halt&) = delete;
  Halt& operator=(const Halt&) = delete;

  [[nodiscard]] const std::atomic<bool>& flag() const noexcept { return flag_; }
  [[nodiscard]] bool asked() const noexcept { return flag_.load(); }
  [[nodiscard]] bool by_signal() const noexcept { return signal_ != nullptr && signal_->load(); }
  /// Sleeps, unless asked to stop in the meantime. Is there reason to go on?
  [[nodiscard]] bool wait(std::chrono::milliseconds time);

 private:
  void watch(std::optional<std::chrono::milliseconds> limit);

  const std::atomic<bool>* signal_;
  std::atomic<bool> flag_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread watcher_;
};

}  // namespace rowplan::executor
