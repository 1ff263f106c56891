// A diagnostic: what is wrong with the user's input, where, and what would be right.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "planner/finding.h"

namespace rowplan::planner {

/// A stretch of one line. Lines and columns count from 1, columns and length in characters; line 0:
/// the whole file.
struct SourceSpan {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 1;

  friend bool operator==(const SourceSpan&, const SourceSpan&) = default;
};

struct Diagnostic {
  Severity severity = Severity::error;
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 1;
  std::string message;      ///< one sentence without a full stop
  std::string hint;         ///< may be empty
  bool show_source = true;  ///< false where the line may hold a secret

  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

using Diagnostics = std::vector<Diagnostic>;

/// Why a piece of input is refused, before it is known where it stands.
struct InputProblem {
  std::string message;
  std::string hint;
};

[[nodiscard]] Diagnostic error_at(std::string file, SourceSpan span, std::string message,
                                  std::string hint = {});

[[nodiscard]] bool has_error(const Diagnostics& diagnostics) noexcept;

/// `text` with everything that is_harmful (planner/utf8.h) or not UTF-8 escaped: `\u001B`, `\xFF`.
[[nodiscard]] std::string printable(std::string_view text);

/// printable, in double quotes, cut after 80 characters.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// `file:line:column: error: message`, the source line, a caret line, the hint; each line ends with
/// a newline. Shows nothing that stands behind a key called `password` in the source.
[[nodiscard]] std::string render(const Diagnostic& diagnostic, std::string_view source_text);

/// All of them, in order.
[[nodiscard]] std::string render(const Diagnostics& diagnostics, std::string_view source_text);

}  // namespace rowplan::planner
