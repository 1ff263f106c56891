// Reads an option file of the MySQL clients (my.cnf), as far as a login needs it.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace rowplan::planner {

/// Group -> option -> value. Options are written with `-`, whatever the file has.
using OptionFile = std::map<std::string, std::map<std::string, std::string>>;

/// Comments (`#`, `;`, and `#` behind a value), quotes and the escapes \b \t \n \r \\ \s \" \' as
/// in the clients. `!include` lines are passed over. Never throws.
[[nodiscard]] OptionFile parse_option_file(std::string_view text);

}  // namespace rowplan::planner
