// JSON strings, as rowplan writes them.
#pragma once

#include <string>
#include <string_view>

namespace rowplan::planner {

/// Appends `text`, which must be UTF-8, as a JSON string with its quotes; what JSON does not have
/// to escape stands as it is.
void append_json_string(std::string& out, std::string_view text);

/// The same for words that came from elsewhere (a server's message): bytes that are not UTF-8
/// become U+FFFD.
void append_json_message(std::string& out, std::string_view text);

}  // namespace rowplan::planner
