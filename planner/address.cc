#include "planner/address.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace rowplan::planner {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || c == '-';
}

std::optional<unsigned> hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  return std::nullopt;
}

}  // namespace

std::string encode_name(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (is_plain(c)) {
      text += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    text += '%';
    text += kHexDigits[byte >> 4U];
    text += kHexDigits[byte & 0xFU];
  }
  return text;
}

std::optional<std::string> decode_name(std::string_view text) {
  std::string name;
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '%') {
      if (at + 2 >= text.size()) return std::nullopt;
      const std::optional<unsigned> high = hex_value(text[at + 1]);
      const std::optional<unsigned> low = hex_value(text[at + 2]);
      if (!high || !low) return std::nullopt;
      c = static_cast<char>(*high << 4U | *low);
      at += 2;
    }
    if (c == '\0') return std::nullopt;
    name += c;
  }
  return name;
}

std::string encode_table(const TableName& name) {
  return encode_name(name.db) + '.' + encode_name(name.table);
}

std::optional<TableName> parse_table(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  std::optional<std::string> db = decode_name(text.substr(0, dot));
  std::optional<std::string> table = decode_name(text.substr(dot + 1));
  if (!db || !table || db->empty() || table->empty()) return std::nullopt;
  return TableName{std::move(*db), std::move(*table)};
}

std::optional<Address> parse_address(std::string_view text) {
  const std::size_t slash = text.find('/');
  std::optional<std::string> pair = decode_name(text.substr(0, slash));
  if (!pair || pair->empty()) return std::nullopt;
  Address address{std::move(*pair), std::nullopt};
  if (slash == std::string_view::npos) return address;
  address.table = parse_table(text.substr(slash + 1));
  if (!address.table) return std::nullopt;
  return address;
}

std::string to_string(const Address& address) {
  const SharedAddress pair = without_spoke(address.pair);
  std::string text = encode_name(pair.address);
  if (!pair.spoke.empty()) text += '@' + encode_name(pair.spoke);
  if (address.table) text += '/' + encode_table(*address.table);
  return text;
}

std::string spoke_name(const std::string& group, const std::string& spoke) {
  return group + '@' + spoke;
}

bool is_of_group(std::string_view pair) { return pair.find('@') != std::string_view::npos; }

bool means_pair(std::string_view named, std::string_view pair) {
  return named == pair || (pair.starts_with(named) && pair.substr(named.size()).starts_with('@'));
}

SharedAddress without_spoke(std::string_view address) {
  const std::size_t at = address.find('@');
  if (at == std::string_view::npos) return {std::string(address), ""};
  const std::size_t end = std::min(address.find('/', at), address.size());
  return {std::string(address.substr(0, at)) + std::string(address.substr(end)),
          std::string(address.substr(at + 1, end - at - 1))};
}

std::string with_spoke(const SharedAddress& shared) {
  if (shared.spoke.empty()) return shared.address;
  std::string address = shared.address;
  return address.insert(std::min(address.find('/'), address.size()), '@' + shared.spoke);
}

}  // namespace rowplan::planner
