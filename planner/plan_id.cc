#include "planner/plan_id.h"

#include <openssl/rand.h>

#include <array>
#include <cstdint>
#include <stdexcept>

namespace rowplan::planner {
namespace {

constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";  // Crockford's base 32
constexpr std::size_t kTimeDigits = 10;
constexpr std::size_t kIdDigits = 26;

}  // namespace

std::string new_plan_id(std::chrono::system_clock::time_point now) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
  auto milliseconds = static_cast<std::uint64_t>(since.count());
  std::string id(kIdDigits, '0');
  for (std::size_t i = kTimeDigits; i-- > 0; milliseconds >>= 5U) {
    id[i] = kDigits[milliseconds & 31U];
  }
  // Five bits of a byte for each digit: 16 bytes for 80 bits, and no shifting over their borders.
  std::array<unsigned char, kIdDigits - kTimeDigits> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
    throw std::runtime_error("no random numbers from OpenSSL");
  }
  for (std::size_t i = 0; i < random.size(); ++i) {
    id[kTimeDigits + i] = kDigits[random[i] & 31U];
  }
  return id;
}

bool is_plan_id(std::string_view text) noexcept {
  return text.size() == kIdDigits && text[0] <= '7' &&
         text.find_first_not_of(kDigits) == std::string_view::npos;
}

}  // namespace rowplan::planner
