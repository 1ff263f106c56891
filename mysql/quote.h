// The only place where data becomes SQL text.
#pragma once

#include <string>
#include <string_view>

namespace rowplan::mysql {

/// `name` in backticks, backticks doubled. Safe for every name that a server accepts.
[[nodiscard]] std::string quote_name(std::string_view name);
/// `db`.`table`
[[nodiscard]] std::string quote_table(std::string_view db, std::string_view table);

/// A text literal: 'abc' for plain printable ASCII without quote or backslash, else
/// _utf8mb4 x'...', so that no escape mode and no character set matters. `utf8` must be UTF-8.
[[nodiscard]] std::string text_literal(std::string_view utf8);
/// x'...': bytes as they are.
[[nodiscard]] std::string bytes_literal(std::string_view bytes);
/// Upper-case hex digits, as the servers' HEX().
[[nodiscard]] std::string hex_upper(std::string_view bytes);
[[nodiscard]] std::string hex_lower(std::string_view bytes);

/// Is it well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF)?
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

/// Server text for a terminal, a log or a comment: control characters and what is not UTF-8 as
/// \xNN.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace rowplan::mysql
