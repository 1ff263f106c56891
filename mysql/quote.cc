#include "mysql/quote.h"

#include <algorithm>

namespace rowplan::mysql {

namespace {

std::string hex(std::string_view bytes, const char* digits) {
  std::string out;
  out.resize(bytes.size() * 2);
  char* at = out.data();
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    *at++ = digits[byte >> 4];
    *at++ = digits[byte & 0xF];
  }
  return out;
}

bool is_plain(char c) { return c >= 0x20 && c < 0x7F && c != '\'' && c != '\\'; }

/// Length of the well-formed UTF-8 sequence at the start of `s`, or 0.
std::size_t utf8_length(std::string_view s) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < s.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : 0xBF;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string quote_name(std::string_view name) {
  std::string out = "`";
  for (const char c : name) {
    if (c == '`') out += '`';
    out += c;
  }
  out += '`';
  return out;
}

std::string quote_table(std::string_view db, std::string_view table) {
  return quote_name(db) + "." + quote_name(table);
}

std::string text_literal(std::string_view utf8) {
  if (std::all_of(utf8.begin(), utf8.end(), is_plain)) {
    std::string out;
    out.reserve(utf8.size() + 2);
    out += '\'';
    out += utf8;
    out += '\'';
    return out;
  }
  return "_utf8mb4 x'" + hex_upper(utf8) + "'";
}

std::string bytes_literal(std::string_view bytes) { return "x'" + hex_upper(bytes) + "'"; }

std::string hex_upper(std::string_view bytes) { return hex(bytes, "0123456789ABCDEF"); }
std::string hex_lower(std::string_view bytes) { return hex(bytes, "0123456789abcdef"); }

bool is_utf8(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const std::size_t length = utf8_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const auto first = static_cast<unsigned char>(text[0]);
    // C1 controls are two bytes long in UTF-8: C2 80 to C2 9F.
    const bool c1 = length == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    if (length == 0 || first < 0x20 || first == 0x7F || c1) {
      const std::size_t bytes = c1 ? 2 : 1;
      for (std::size_t i = 0; i < bytes; ++i) out += "\\x" + hex_upper(text.substr(i, 1));
      text.remove_prefix(bytes);
      continue;
    }
    out += text.substr(0, length);
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace rowplan::mysql
