#include "mysql/double_text.h"

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>

namespace rowplan::mysql {

namespace {

constexpr int kPlainFrom = -14;  // my_gcvt: MAX_DECPT_FOR_F_FORMAT is DBL_DIG (15)
constexpr int kPlainTo = 15;
constexpr int kLongestDigits = 17;

template <typename Float>
std::string shortest(Float value) {
  assert(std::isfinite(value));
  if (value == Float{0}) return "0";
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value),
                                 std::chars_format::scientific)
                       .ptr;
  // d[.ddd]e[+-]nn: the digits, and where the point falls behind the first of them.
  std::string digits;
  const char* at = buffer.data();
  for (; *at != 'e'; ++at)
    if (*at != '.') digits += *at;
  ++at;
  if (*at == '+') ++at;
  int exponent = 0;
  std::from_chars(at, end, exponent);
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();

  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1;
  std::string out = std::signbit(value) ? "-" : "";
  const bool plain = (point >= kPlainFrom && point <= kPlainTo) ||
                     (point == kPlainTo + 1 && count == kLongestDigits);
  if (!plain) {
    out += digits.substr(0, 1);
    if (count > 1) out += "." + digits.substr(1);
    return out + "e" + std::to_string(exponent);
  }
  if (point <= 0) return out + "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  const auto whole = static_cast<std::size_t>(point);
  if (point >= count) return out + digits + std::string(whole - digits.size(), '0');
  return out + digits.substr(0, whole) + "." + digits.substr(whole);
}

}  // namespace

std::string double_text(double value) { return shortest(value); }
std::string float_text(float value) { return shortest(value); }

}  // namespace rowplan::mysql
