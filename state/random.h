// Random names for states and locks.
#pragma once

#include <cstddef>
#include <string>

namespace rowplan::state {

/// 2 * `bytes` lower-case hex digits from the kernel; at most 128 bytes.
[[nodiscard]] std::string random_hex(std::size_t bytes);

}  // namespace rowplan::state
