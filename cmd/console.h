// Standard output and standard error, shared by threads; a status line that other lines do not
// break.
#pragma once

#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <ostream>
#include <string>
#include <string_view>

#include "cmd/exit_code.h"

namespace rowplan::cmd {

struct ConsoleSettings {
  bool json = false;
  bool quiet = false;  ///< no messages but errors
  bool color_out = false;
  bool color_err = false;
};

class Console {
 public:
  Console(std::ostream& out, std::ostream& err, ConsoleSettings settings)
      : out_(out), err_(err), settings_(settings) {}

  [[nodiscard]] const ConsoleSettings& settings() const noexcept { return settings_; }

  /// For data. One thread.
  [[nodiscard]] std::ostream& out() noexcept { return out_; }
  /// The one document of --json. What is not UTF-8 becomes U+FFFD.
  void print_json(const nlohmann::ordered_json& document);

  /// Lines for people, to stderr, as they are; a newline is added where it is missing.
  void message(std::string_view text);
  /// `error: ...` and `hint: ...` to stderr, made fit for a terminal.
  void error_lines(const ErrorReport& report);

  /// Shows `text` in place of the last status line. Only for a terminal.
  void status(std::string_view text);
  void clear_status();

  /// Was all written? Flushes.
  [[nodiscard]] bool finish();

 private:
  void erase_status();
  std::mutex mutex_;
  std::ostream& out_;
  std::ostream& err_;
  ConsoleSettings settings_;
  std::string status_;
};

}  // namespace rowplan::cmd
