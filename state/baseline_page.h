// The packed form of a page of a baseline: keys in order, each with a value of a fixed width.
// Internal to state/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rowplan::state {

/// Of a key only what it does not share with the one before it is kept.
class PageWriter {
 public:
  explicit PageWriter(std::size_t value_bytes) : value_bytes_(value_bytes) {}

  void append(std::string_view key, std::string_view value);
  [[nodiscard]] std::uint64_t entries() const { return entries_; }
  [[nodiscard]] const std::string& data() const { return data_; }
  [[nodiscard]] const std::string& last_key() const { return last_key_; }
  void clear();

 private:
  std::size_t value_bytes_;
  std::uint64_t entries_ = 0;
  std::string data_;
  std::string last_key_;
};

/// Reads what PageWriter wrote.
class PageReader {
 public:
  PageReader() = default;
  /// `data` must outlive it.
  PageReader(std::string_view data, std::size_t value_bytes)
      : rest_(data), value_bytes_(value_bytes) {}

  /// false: the end, or what no PageWriter wrote: then at_end() is false.
  [[nodiscard]] bool next();
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] std::string_view key() const { return key_; }  ///< until the next call
  [[nodiscard]] std::string_view value() const { return value_; }

 private:
  [[nodiscard]] bool take_number(std::size_t& number);

  std::string_view rest_;
  std::size_t value_bytes_ = 0;
  std::string key_;
  std::string_view value_;
};

/// Tells a page that is damaged, or is not of this many entries. Within 63 bits.
[[nodiscard]] std::int64_t page_checksum(std::string_view data, std::uint64_t entries);

}  // namespace rowplan::state
