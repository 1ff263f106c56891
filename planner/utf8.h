// UTF-8 as far as messages need it: characters are counted and shown, never changed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rowplan::planner {

/// One character of a text; a byte that is not UTF-8 is a character of its own.
struct Utf8Char {
  char32_t code = 0;     ///< U+FFFD where not valid
  std::size_t size = 1;  ///< bytes
  bool valid = false;
};

/// The character at `offset`, which must lie inside `text`.
[[nodiscard]] Utf8Char utf8_at(std::string_view text, std::size_t offset);

[[nodiscard]] std::size_t utf8_length(std::string_view text);  ///< characters

/// May a terminal or a log take this character as anything but a character? Control characters,
/// line and paragraph separators, characters that turn the direction of writing, invisible ones.
[[nodiscard]] bool is_harmful(char32_t code) noexcept;

}  // namespace rowplan::planner
