// Waits while servers, replicas, files or the time of day say that work is not welcome.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "planner/manifest.h"

namespace rowplan::executor {

/// How far one replica is behind.
struct ReplicaLag {
  std::string replica;  ///< as it is told: a server's name, or host:port
  std::optional<std::uint64_t> seconds;
  std::string problem;  ///< why that is not known
};

/// What a throttle looks at; executor/throttle_probe.h asks real servers.
class ThrottleProbe {
 public:
  virtual ~ThrottleProbe() = default;
  /// A status variable. Throws Refusal{manifest} where the server has none of this name,
  /// mysql::Error.
  [[nodiscard]] virtual double status(const std::string& server, const std::string& name) = 0;
  /// Of the replicas that the pair names, or of those found. Throws at first what a person must put
  /// right; later that is the replica's `problem`.
  [[nodiscard]] virtual std::vector<ReplicaLag> lags(const planner::PairSpec& pair) = 0;
  [[nodiscard]] virtual bool exists(const std::string& path) = 0;
};

struct ThrottleClock {
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
  std::function<unsigned()> minute_of_day;               ///< local; empty: this machine's
  std::function<void(std::chrono::milliseconds)> sleep;  ///< empty: the thread's
};

/// Called by the thread that waits.
struct ThrottleEvents {
  std::function<void(const std::string&)> waiting;  ///< the reason; empty: it goes on
  std::function<bool()> stopped;                    ///< ends a wait at once
  /// When a wait begins, and every half minute of it: to keep alive what must live.
  std::function<void()> idle = [] {};
};

/// Of all pairs of a manifest. Safe for several threads: while one waits, so do the others.
class Throttle {
 public:
  /// `manifest` and `probe` must outlive this.
  Throttle(const planner::Manifest& manifest, ThrottleProbe& probe, ThrottleEvents events,
           ThrottleClock clock = {});

  // Each returns whether it waited, with no reason left or because it was stopped; the caller
  // looks. Throws Refusal{throttled} for a panic file or a critical load, and what the probe
  // throws.

  /// Before rows are read to compare them: files and loads count, neither lag nor time of day.
  bool before_reading(const std::string& pair);
  /// Would before_reading wait now? For who holds something meanwhile: this waits for nobody.
  [[nodiscard]] bool would_wait_to_read(const std::string& pair);
  /// Before a transaction that writes to these pairs' targets.
  bool before_writing(const std::vector<std::string>& pairs);
  /// Rests by the pairs' nice_ratio.
  bool after_writing(const std::vector<std::string>& pairs, std::chrono::milliseconds took);

 private:
  using Time = std::chrono::steady_clock::time_point;
  enum class Work : std::uint8_t { reading, writing };

  bool wait_while(const std::function<std::string(bool waited)>& reason_now);
  void sleep_until(Time end);
  [[nodiscard]] std::string reason(const planner::PairSpec& pair, Work work, bool waited);
  void stop_if_panic(const planner::PairSpec& pair);
  void stop_if_critical(const planner::PairSpec& pair);
  [[nodiscard]] std::string reason_here(const planner::PairSpec& pair, Work work);
  [[nodiscard]] std::string reason_there(const planner::PairSpec& pair, Work work);
  [[nodiscard]] std::string over_limit(const planner::PairSpec& pair,
                                       const std::vector<planner::LoadLimit>& limits);
  [[nodiscard]] std::string lag_reason(const planner::PairSpec& pair);
  [[nodiscard]] bool file_there(const std::string& path);
  [[nodiscard]] const planner::PairSpec& pair_of(const std::string& name) const;

  const planner::Manifest& manifest_;
  ThrottleProbe& probe_;
  ThrottleEvents events_;
  ThrottleClock clock_;
  std::mutex mutex_;
  std::atomic<bool> waiting_{false};                         ///< a thread, which holds the mutex
  std::map<std::pair<std::string, Work>, Time> good_until_;  ///< what servers said, by pair
};

}  // namespace rowplan::executor
