// Words of servers, files and users, made fit for a terminal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rowplan::cmd {

/// One line: what a terminal could take for a command, and what turns the direction of writing, is
/// escaped.
[[nodiscard]] std::string shown(std::string_view text);

/// Likewise, with commas between them.
[[nodiscard]] std::string shown_list(const std::vector<std::string>& texts);

/// As one word of a POSIX shell's command line, quoted where needed.
[[nodiscard]] std::string shell_word(std::string_view text);

/// `1 row`, `3 rows`.
[[nodiscard]] std::string counted(unsigned long long count, std::string_view singular,
                                  std::string_view plural);

}  // namespace rowplan::cmd
