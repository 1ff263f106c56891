#include "mysql/row.h"

#include <cassert>
#include <cstdint>
#include <cstring>

namespace rowplan::mysql {

namespace {

constexpr std::size_t kLengthBytes = 4;
constexpr std::uint32_t kNullLength = 0xFFFFFFFF;

}  // namespace

void Row::add_null() {
  data_.append(kLengthBytes, '\xFF');
  ends_.push_back(data_.size());
}

void Row::add(std::string_view cell) {
  open().append(cell);
  close();
}

std::string& Row::open() {
  data_.append(kLengthBytes, '\0');
  return data_;
}

void Row::close() {
  const std::size_t begin = ends_.empty() ? 0 : ends_.back();
  const std::size_t length = data_.size() - begin - kLengthBytes;
  assert(length < kNullLength);
  const auto stored = static_cast<std::uint32_t>(length);
  std::memcpy(data_.data() + begin, &stored, kLengthBytes);
  ends_.push_back(data_.size());
}

void Row::assign(std::string_view bytes) {
  data_.assign(bytes);
  ends_.clear();
  for (std::size_t at = 0; at < data_.size(); at = ends_.back()) {
    assert(data_.size() - at >= kLengthBytes);
    std::uint32_t length = 0;
    std::memcpy(&length, data_.data() + at, kLengthBytes);
    ends_.push_back(at + kLengthBytes + (length == kNullLength ? 0 : length));
    assert(ends_.back() <= data_.size());
  }
}

bool Row::is_null(std::size_t i) const {
  std::uint32_t length = 0;
  std::memcpy(&length, data_.data() + begin_of(i), kLengthBytes);
  return length == kNullLength;
}

std::string_view Row::cell(std::size_t i) const {
  const std::size_t begin = begin_of(i) + kLengthBytes;
  return std::string_view(data_).substr(begin, ends_[i] - begin);
}

}  // namespace rowplan::mysql
