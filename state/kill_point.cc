#include "state/kill_point.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

namespace rowplan::state {

namespace {

struct Wanted {
  bool any = false;
  std::string name;  // empty: points of every name count
  unsigned long nth = 0;
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

Wanted& wanted() {
  static Wanted one = wanted_from(std::getenv("ROWPLAN_TEST_KILL_AT"));
  return one;
}

std::atomic<unsigned long> passed{0};

}  // namespace

void kill_point(const char* name) {
  const Wanted& point = wanted();
  if (!point.any || (!point.name.empty() && point.name != name)) return;
  if (++passed == point.nth) std::raise(SIGKILL);
}

void set_kill_point(const char* text) {
  wanted() = wanted_from(text);
  passed = 0;
}

}  // namespace rowplan::state
