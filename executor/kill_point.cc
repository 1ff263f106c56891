#include "executor/kill_point.h"

#include <csignal>
#include <cstdlib>
#include <string>

namespace rowplan::executor {

void kill_point(const char* name) {
  static const char* const wanted = std::getenv("ROWPLAN_TEST_KILL_AT");
  if (wanted == nullptr) return;
  static unsigned long passed = 0;
  const std::string text = wanted;
  const std::size_t colon = text.find(':');
  if (colon != std::string::npos && text.substr(0, colon) != name) return;
  const std::string number = colon == std::string::npos ? text : text.substr(colon + 1);
  if (++passed == std::strtoul(number.c_str(), nullptr, 10)) std::raise(SIGKILL);
}

}  // namespace rowplan::executor
