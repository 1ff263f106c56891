// The log: to stderr beside the progress, or to a file; as text or as JSON lines.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "cmd/console.h"

namespace spdlog {
class logger;
}

namespace rowplan::cmd {

enum class LogLevel : std::uint8_t { error, warning, info, debug };
enum class LogFormat : std::uint8_t { text, json };

struct LogOptions {
  std::optional<LogLevel> level;  ///< --log-level; wins over -q and -v
  LogFormat format = LogFormat::text;
  std::string file;  ///< empty: stderr
  bool quiet = false;
  int verbose = 0;
};

/// Warnings on stderr, one step more in a file and for each -v; errors alone for -q.
[[nodiscard]] LogLevel effective_level(const LogOptions& options) noexcept;

/// `console` must outlive the logger. Safe for several threads. Throws FileError for a file that
/// cannot be appended to.
[[nodiscard]] std::shared_ptr<spdlog::logger> make_logger(const LogOptions& options,
                                                          Console& console);

}  // namespace rowplan::cmd
