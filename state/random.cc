// Random names for states and locks.
#include "state/random.h"

#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <system_error>

namespace rowplan::state {

std::string random_hex(std::size_t bytes) {
  std::array<unsigned char, 128> raw{};
  assert(bytes <= raw.size());
  if (::getentropy(raw.data(), bytes) != 0) {
    throw std::system_error(errno, std::generic_category(), "getentropy");
  }
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) {
    text += kDigits[raw[i] >> 4U];
    text += kDigits[raw[i] & 0x0fU];
  }
  return text;
}

}  // namespace rowplan::state
