#include "executor/kill_point.h"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>

namespace rowplan::executor {

namespace {

/// Is this the n-th point passed, of this name or of any, that the variable wants?
bool is_wanted(const char* wanted, const char* name, unsigned long& passed) {
  if (wanted == nullptr) return false;
  const char* const colon = std::strchr(wanted, ':');
  if (colon != nullptr && std::string(wanted, colon) != name) return false;
  return ++passed == std::strtoul(colon != nullptr ? colon + 1 : wanted, nullptr, 10);
}

}  // namespace

void kill_point(const char* name) {
  static const char* const kill_at = std::getenv("ROWPLAN_TEST_KILL_AT");
  static const char* const stop_at = std::getenv("ROWPLAN_TEST_STOP_AT");
  static unsigned long passed_to_kill = 0;
  static unsigned long passed_to_stop = 0;
  if (is_wanted(kill_at, name, passed_to_kill)) std::raise(SIGKILL);
  if (is_wanted(stop_at, name, passed_to_stop)) std::raise(SIGSTOP);
}

}  // namespace rowplan::executor
