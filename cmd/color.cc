#include "cmd/color.h"

#include <unistd.h>

#include <cstdlib>

namespace rowplan::cmd {

TerminalFacts terminal_facts(int fd) {
  const char* const no_color = std::getenv("NO_COLOR");
  const char* const term = std::getenv("TERM");
  TerminalFacts facts;
  facts.is_terminal = ::isatty(fd) == 1;
  facts.no_color = no_color != nullptr && *no_color != '\0';
  facts.is_dumb = term == nullptr || *term == '\0' || std::string_view(term) == "dumb";
  return facts;
}

bool use_color(ColorMode mode, const TerminalFacts& facts) noexcept {
  switch (mode) {
    case ColorMode::always:
      return true;
    case ColorMode::never:
      return false;
    case ColorMode::automatic:
      return facts.is_terminal && !facts.no_color && !facts.is_dumb;
  }
  return false;
}

std::string painted(std::string_view text, Paint paint, bool color) {
  if (!color) return std::string(text);
  const char* start = "";
  switch (paint) {
    case Paint::bold:
      start = "\x1b[1m";
      break;
    case Paint::red:
      start = "\x1b[1;31m";
      break;
    case Paint::yellow:
      start = "\x1b[33m";
      break;
    case Paint::green:
      start = "\x1b[32m";
      break;
  }
  return start + std::string(text) + "\x1b[0m";
}

std::string painted_severity(planner::Severity severity, bool color) {
  const char* const name = planner::severity_name(severity);
  switch (severity) {
    case planner::Severity::error:
      return painted(name, Paint::red, color);
    case planner::Severity::warning:
      return painted(name, Paint::yellow, color);
    case planner::Severity::info:
      return painted(name, Paint::bold, color);
  }
  return name;
}

}  // namespace rowplan::cmd
