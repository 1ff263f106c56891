#include "state/kill_point.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

namespace rowplan::state {

namespace {

struct Wanted {
  bool any = false;
  std::string name;       // empty: points of every name count
  unsigned long nth = 0;  // 0: each of them
};

Wanted wanted_from(const char* text) {
  Wanted wanted;
  if (text == nullptr) return wanted;
  wanted.any = true;
  std::string number = text;
  const std::size_t colon = number.find(':');
  if (colon != std::string::npos) {
    wanted.name = number.substr(0, colon);
    number.erase(0, colon + 1);
  }
  wanted.nth = std::strtoul(number.c_str(), nullptr, 10);
  return wanted;
}

/// What a variable asks for, and how often it was passed.
struct Point {
  Wanted wanted;
  std::atomic<unsigned long> passed{0};

  explicit Point(const char* variable) : wanted(wanted_from(std::getenv(variable))) {}
  bool reached(const char* name) {
    if (!wanted.any || (!wanted.name.empty() && wanted.name != name)) return false;
    return ++passed == wanted.nth || wanted.nth == 0;
  }
};

Point& to_kill() {
  static Point point("ROWPLAN_TEST_KILL_AT");
  return point;
}

}  // namespace

void kill_point(const char* name) {
  static Point to_stop("ROWPLAN_TEST_STOP_AT");
  if (to_kill().reached(name)) std::raise(SIGKILL);
  if (to_stop.reached(name)) std::raise(SIGSTOP);
}

void set_kill_point(const char* text) {
  to_kill().wanted = wanted_from(text);
  to_kill().passed = 0;
}

}  // namespace rowplan::state
