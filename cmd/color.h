// Whether what is printed has colours.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "planner/finding.h"

namespace rowplan::cmd {

enum class ColorMode : std::uint8_t { automatic, always, never };

/// What automatic depends on.
struct TerminalFacts {
  bool is_terminal = false;
  bool no_color = false;  ///< NO_COLOR is set and not empty
  bool is_dumb = false;   ///< TERM is "dumb", or not set
};

/// Of a file descriptor and this process's environment.
[[nodiscard]] TerminalFacts terminal_facts(int fd);

[[nodiscard]] bool use_color(ColorMode mode, const TerminalFacts& facts) noexcept;

enum class Paint : std::uint8_t { bold, red, yellow, green };

/// `text` in a colour, or as it is.
[[nodiscard]] std::string painted(std::string_view text, Paint paint, bool color);

/// `error`, `warning`, `info`, in the colour of the severity.
[[nodiscard]] std::string painted_severity(planner::Severity severity, bool color);

}  // namespace rowplan::cmd
