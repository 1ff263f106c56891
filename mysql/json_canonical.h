// JSON as a value, for pairs of two vendors that store it differently.
#pragma once

#include <string>
#include <string_view>

namespace rowplan::mysql {

/// Keys sorted by their bytes, the last of equal keys kept, no white space; integers within 64 bits
/// as they are, other numbers as doubles, a whole double below 2^53 as an integer. After RFC 8785,
/// with integers kept exact. Text that is not JSON comes back as it is.
[[nodiscard]] std::string canonical_json(std::string_view text);

}  // namespace rowplan::mysql
