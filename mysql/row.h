// A row of values in compact form.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rowplan::mysql {

/// One row: its cells one after the other, each with its length, so that equal bytes mean equal
/// rows.
class Row {
 public:
  void clear() {
    data_.clear();
    ends_.clear();
  }
  void add_null();
  void add(std::string_view cell);
  /// For cells that are built in place: append to data() after open(), then close().
  std::string& open();
  void close();

  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  [[nodiscard]] bool is_null(std::size_t i) const;
  /// The cell's bytes; empty for NULL.
  [[nodiscard]] std::string_view cell(std::size_t i) const;
  [[nodiscard]] std::string_view bytes() const { return data_; }
  /// Takes what bytes() gave.
  void assign(std::string_view bytes);
  void swap(Row& other) noexcept {
    data_.swap(other.data_);
    ends_.swap(other.ends_);
  }

  friend bool operator==(const Row& a, const Row& b) { return a.data_ == b.data_; }

 private:
  [[nodiscard]] std::size_t begin_of(std::size_t i) const { return i == 0 ? 0 : ends_[i - 1]; }
  std::string data_;               // per cell: 4 bytes length (all ones: NULL), then the bytes
  std::vector<std::size_t> ends_;  // of each cell in data_
};

}  // namespace rowplan::mysql
