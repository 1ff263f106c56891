// Writes a row's cells at the speed at which they arrive.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "mysql/cell.h"
#include "mysql/row.h"

namespace rowplan::mysql {

/// Makes a row anew: all of its cells, in order. Where it stands is kept in registers; Row::add
/// goes through memory for each cell.
class RowWriter {
 public:
  /// `bytes`: at least what all cells take together.
  RowWriter(Row& row, std::size_t cells, std::size_t bytes) : row_(row) {
    row.used_ = 0;
    row.ends_.resize(cells);
    begin_ = at_ = row.grow(cells * Row::kLengthBytes + bytes);
    end_ = row.ends_.data();
  }
  RowWriter(const RowWriter&) = delete;
  RowWriter& operator=(const RowWriter&) = delete;
  ~RowWriter() { row_.used_ = static_cast<std::size_t>(at_ - begin_); }

  void add_null() {
    std::memset(at_, 0xFF, Row::kLengthBytes);
    at_ += Row::kLengthBytes;
    close();
  }
  void add(std::string_view cell) {
    std::copy(cell.begin(), cell.end(), open(cell.size()));
    close();
  }
  void add_u64(std::uint64_t value) {
    put_u64(open(sizeof value), value);
    close();
  }
  void add_integer(bool negative, std::uint64_t bits) {
    char* const cell = open(1 + sizeof bits);
    *cell = sign_of(negative);
    put_u64(cell + 1, bits);
    close();
  }

 private:
  char* open(std::size_t bytes) {
    const auto length = static_cast<std::uint32_t>(bytes);
    std::memcpy(at_, &length, Row::kLengthBytes);
    char* const cell = at_ + Row::kLengthBytes;
    at_ = cell + bytes;
    return cell;
  }
  void close() { *end_++ = static_cast<std::size_t>(at_ - begin_); }

  Row& row_;
  char* begin_ = nullptr;
  char* at_ = nullptr;
  std::size_t* end_ = nullptr;
};

}  // namespace rowplan::mysql
