#include "state/baseline_page.h"

#include <xxhash.h>

#include <algorithm>
#include <cassert>

namespace rowplan::state {

namespace {

constexpr unsigned kBits = 7;  // of a number in each byte; the eighth: more follow

void append_number(std::string& out, std::size_t number) {
  for (; number >> kBits != 0; number >>= kBits) out += static_cast<char>((number & 0x7F) | 0x80);
  out += static_cast<char>(number);
}

}  // namespace

void PageWriter::append(std::string_view key, std::string_view value) {
  assert(value.size() == value_bytes_);
  const std::size_t most = std::min(key.size(), last_key_.size());
  const auto differs = std::mismatch(key.begin(), key.begin() + static_cast<std::ptrdiff_t>(most),
                                     last_key_.begin());
  const auto shared = static_cast<std::size_t>(differs.first - key.begin());
  append_number(data_, shared);
  append_number(data_, key.size() - shared);
  data_ += key.substr(shared);
  data_ += value;
  last_key_ = key;
  ++entries_;
}

void PageWriter::clear() {
  entries_ = 0;
  data_.clear();
  last_key_.clear();
}

bool PageReader::take_number(std::size_t& number) {
  number = 0;
  for (unsigned shift = 0; !rest_.empty() && shift < 5 * kBits; shift += kBits) {
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    number |= static_cast<std::size_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

bool PageReader::next() {
  if (rest_.empty()) return false;
  const std::string_view whole = rest_;
  std::size_t shared = 0;
  std::size_t more = 0;
  if (!take_number(shared) || !take_number(more) || shared > key_.size() || more > rest_.size() ||
      value_bytes_ > rest_.size() - more) {
    rest_ = whole;
    return false;
  }
  key_.resize(shared);
  key_ += rest_.substr(0, more);
  value_ = rest_.substr(more, value_bytes_);
  rest_.remove_prefix(more + value_bytes_);
  return true;
}

std::int64_t page_checksum(std::string_view data, std::uint64_t entries) {
  return static_cast<std::int64_t>(XXH3_64bits_withSeed(data.data(), data.size(), entries) >> 1);
}

}  // namespace rowplan::state
