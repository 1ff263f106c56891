// A row of values in compact form.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace rowplan::mysql {

/// One row: its cells one after the other, each with its length, so that equal bytes mean equal
/// rows. Inline, since reading a table is mostly this.
class Row {
 public:
  Row() = default;
  Row(const Row& other) { assign(other.bytes()); }
  Row& operator=(const Row& other) {
    if (this != &other) assign(other.bytes());
    return *this;
  }
  Row(Row&& other) noexcept { swap(other); }
  Row& operator=(Row&& other) noexcept {
    swap(other);
    other.clear();
    return *this;
  }
  ~Row() = default;

  void clear() {
    used_ = 0;
    ends_.clear();
  }
  void add_null() {
    std::memset(grow(kLengthBytes), 0xFF, kLengthBytes);
    ends_.push_back(used_);
  }
  void add(std::string_view cell) {
    assert(cell.size() < kNullLength);
    char* const at = grow(kLengthBytes + cell.size());
    const auto length = static_cast<std::uint32_t>(cell.size());
    std::memcpy(at, &length, kLengthBytes);
    if (!cell.empty()) std::memcpy(at + kLengthBytes, cell.data(), cell.size());
    ends_.push_back(used_);
  }

  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  [[nodiscard]] bool is_null(std::size_t i) const {
    std::uint32_t length = 0;
    std::memcpy(&length, buffer_.data() + begin_of(i), kLengthBytes);
    return length == kNullLength;
  }
  /// The cell's bytes; empty for NULL.
  [[nodiscard]] std::string_view cell(std::size_t i) const {
    const std::size_t begin = begin_of(i) + kLengthBytes;
    return {buffer_.data() + begin, ends_[i] - begin};
  }
  [[nodiscard]] std::string_view bytes() const { return {buffer_.data(), used_}; }
  /// Takes what bytes() gave.
  void assign(std::string_view bytes);
  void swap(Row& other) noexcept {
    buffer_.swap(other.buffer_);
    ends_.swap(other.ends_);
    std::swap(used_, other.used_);
  }

  friend bool operator==(const Row& a, const Row& b) { return a.bytes() == b.bytes(); }

 private:
  friend class RowWriter;
  static constexpr std::size_t kLengthBytes = 4;
  static constexpr std::uint32_t kNullLength = 0xFFFFFFFF;

  [[nodiscard]] std::size_t begin_of(std::size_t i) const { return i == 0 ? 0 : ends_[i - 1]; }
  char* grow(std::size_t bytes) {
    const std::size_t at = used_;
    used_ += bytes;
    if (used_ > buffer_.size()) enlarge();
    return buffer_.data() + at;
  }
  void enlarge();

  std::vector<char> buffer_;  // used_ bytes of it: per cell 4 of length (all ones: NULL), then it
  std::size_t used_ = 0;
  std::vector<std::size_t> ends_;  // of each cell
};

}  // namespace rowplan::mysql
