#include "executor/throttle.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdio>
#include <ctime>
#include <thread>

#include "planner/refusal.h"

namespace rowplan::executor {

namespace {

using planner::Refusal;
using planner::RefusalReason;
using std::chrono::milliseconds;

constexpr milliseconds kLookAgain{500};  // what servers said holds for so long
constexpr milliseconds kNap{50};         // a signal is noticed after so long
constexpr milliseconds kIdle{30'000};

unsigned local_minute() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  return static_cast<unsigned>(local.tm_hour) * 60 + static_cast<unsigned>(local.tm_min);
}

std::string clock_text(unsigned minute) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%02u:%02u", minute / 60, minute % 60);
  return text.data();
}

std::string number_text(double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.15g", value);
  return text.data();
}

std::string seconds_text(milliseconds time) {
  return number_text(static_cast<double>(time.count()) / 1000.0) + " s";
}

}  // namespace

Throttle::Throttle(const planner::Manifest& manifest, ThrottleProbe& probe, ThrottleEvents events,
                   ThrottleClock clock)
    : manifest_(manifest), probe_(probe), events_(std::move(events)), clock_(std::move(clock)) {
  if (!clock_.minute_of_day) clock_.minute_of_day = local_minute;
  if (!clock_.sleep) clock_.sleep = [](milliseconds time) { std::this_thread::sleep_for(time); };
}

bool Throttle::before_reading(const std::string& pair) {
  const std::lock_guard lock(mutex_);
  const planner::PairSpec& spec = pair_of(pair);
  return wait_while([&](bool waited) { return reason(spec, Work::reading, waited); });
}

bool Throttle::would_wait_to_read(const std::string& pair) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  return lock ? !reason(pair_of(pair), Work::reading, false).empty() : waiting_.load();
}

bool Throttle::before_writing(const std::vector<std::string>& pairs) {
  const std::lock_guard lock(mutex_);
  return wait_while([&](bool waited) {
    std::string why;
    for (std::size_t i = 0; i < pairs.size() && why.empty(); ++i)
      why = reason(pair_of(pairs[i]), Work::writing, waited);
    return why;
  });
}

bool Throttle::after_writing(const std::vector<std::string>& pairs, milliseconds took) {
  const std::lock_guard lock(mutex_);
  unsigned ratio = 0;
  for (const std::string& pair : pairs) ratio = std::max(ratio, pair_of(pair).throttle.nice_ratio);
  const milliseconds rest = took * ratio;
  if (rest.count() == 0 || events_.stopped()) return false;
  events_.waiting("nice_ratio: rests for " + seconds_text(rest));
  const Time end = clock_.now() + rest;
  while (clock_.now() < end && !events_.stopped()) {
    for (const std::string& pair : pairs) stop_if_panic(pair_of(pair));
    sleep_until(std::min(end, clock_.now() + kLookAgain));
  }
  events_.waiting("");
  return true;
}

/// Tells a reason when it is another one than before.
bool Throttle::wait_while(const std::function<std::string(bool waited)>& reason_now) {
  std::string told;
  Time idle_at = clock_.now();
  while (!events_.stopped()) {
    const std::string why = reason_now(!told.empty());
    if (why != told) events_.waiting(why);
    waiting_ = !why.empty();
    if (why.empty()) return !told.empty();
    told = why;
    if (clock_.now() >= idle_at) {
      events_.idle();
      idle_at = clock_.now() + kIdle;
    }
    sleep_until(clock_.now() + kLookAgain);
  }
  waiting_ = false;
  if (!told.empty()) events_.waiting("");
  return !told.empty();
}

void Throttle::sleep_until(Time end) {
  for (Time now = clock_.now(); now < end && !events_.stopped(); now = clock_.now())
    clock_.sleep(std::min(kNap, std::chrono::ceil<milliseconds>(end - now)));
}

/// Empty: the pair's work may go on. What is here is looked at each time, servers less often.
std::string Throttle::reason(const planner::PairSpec& pair, Work work, bool waited) {
  std::string why = reason_here(pair, work);
  if (!why.empty()) return why;
  Time& good_until = good_until_[{pair.name, work}];
  if (!waited && clock_.now() < good_until) return "";
  stop_if_critical(pair);
  why = reason_there(pair, work);
  if (why.empty()) good_until = clock_.now() + kLookAgain;
  return why;
}

void Throttle::stop_if_critical(const planner::PairSpec& pair) {
  const std::string over = over_limit(pair, pair.throttle.critical_load);
  if (over.empty()) return;
  throw Refusal(RefusalReason::throttled, "critical_load of pair '" + pair.name + "': " + over,
                "what is committed stays; run again when the server is less busy");
}

void Throttle::stop_if_panic(const planner::PairSpec& pair) {
  if (!file_there(pair.throttle.panic_file)) return;
  throw Refusal(
      RefusalReason::throttled,
      "the panic file of pair '" + pair.name + "' is there: " + pair.throttle.panic_file,
      "what is committed stays; find out who put it there and why, remove it and run again");
}

std::string Throttle::reason_here(const planner::PairSpec& pair, Work work) {
  const planner::ThrottleSpec& throttle = pair.throttle;
  stop_if_panic(pair);
  if (file_there(throttle.pause_file)) return "the pause file " + throttle.pause_file + " is there";
  if (work == Work::reading) return "";
  const unsigned minute = clock_.minute_of_day();
  for (const planner::DayWindow& window : throttle.not_between)
    if (window.holds(minute))
      return "not between " + clock_text(window.from) + " and " + clock_text(window.to);
  return "";
}

std::string Throttle::reason_there(const planner::PairSpec& pair, Work work) {
  const std::string over = over_limit(pair, pair.throttle.max_load);
  if (!over.empty()) return "max_load: " + over;
  return work == Work::writing ? lag_reason(pair) : "";
}

/// Of all members: each is read or written.
std::string Throttle::over_limit(const planner::PairSpec& pair,
                                 const std::vector<planner::LoadLimit>& limits) {
  std::vector<std::string> servers = pair.members();
  std::reverse(servers.begin(), servers.end());  // the target is asked first
  for (const planner::LoadLimit& limit : limits)
    for (const std::string& server : servers) {
      if (server.empty()) continue;  // the target's source, not known yet
      const double value = probe_.status(server, limit.name);
      if (value >= static_cast<double>(limit.limit))
        return limit.name + " of '" + server + "' is " + number_text(value) + ", the limit is " +
               std::to_string(limit.limit);
    }
  return "";
}

std::string Throttle::lag_reason(const planner::PairSpec& pair) {
  if (!pair.throttle.max_lag) return "";
  const milliseconds most = *pair.throttle.max_lag;
  std::string why;
  std::uint64_t worst = 0;
  for (const ReplicaLag& lag : probe_.lags(pair)) {
    const std::string name = "replica '" + lag.replica + "' ";
    if (!lag.seconds) return "max_lag: " + name + lag.problem;
    const auto behind = std::chrono::seconds(*lag.seconds);
    if (behind <= most || *lag.seconds <= worst) continue;
    worst = *lag.seconds;
    why = "max_lag: " + name + "is " + std::to_string(worst) + " s behind, allowed are " +
          seconds_text(most);
  }
  return why;
}

bool Throttle::file_there(const std::string& path) {
  return !path.empty() && probe_.exists(planner::beside(manifest_.file, path).string());
}

const planner::PairSpec& Throttle::pair_of(const std::string& name) const {
  for (const planner::PairSpec& pair : manifest_.pairs)
    if (pair.name == name) return pair;
  assert(false);
  throw std::out_of_range("no pair '" + name + "'");
}

}  // namespace rowplan::executor
