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

}  // namespace

void kill_point(const char* name) {
  static const Wanted wanted = wanted_from(std::getenv("ROWPLAN_TEST_KILL_AT"));
  if (!wanted.any || (!wanted.name.empty() && wanted.name != name)) return;
  static std::atomic<unsigned long> passed{0};
  if (++passed == wanted.nth) std::raise(SIGKILL);
}

}  // namespace rowplan::state
