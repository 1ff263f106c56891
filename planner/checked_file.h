// A file whose content is checked each time it is used: what is read is what was hashed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "planner/descriptor.h"
#include "planner/sha256.h"

namespace rowplan::planner {

struct LineRules {
  /// A row may hold several values just below the size from which they are references, hex digits
  /// doubled; a server's packet is at most 1 GiB.
  std::size_t bytes_max = std::size_t{1} << 30U;
  bool last_may_be_cut = false;  ///< a last line without its newline is an end, not an error
};

/// Reads lines. The first reading, to the end, keeps a hash of each block; later ones compare.
/// Memory: one block, one line, and 32 bytes for each block of the file.
class CheckedFile {
 public:
  /// `open` throws where it cannot open; `path` is for errors.
  CheckedFile(std::function<Descriptor()> open, std::string path, LineRules rules = {});

  /// The next line without its newline, valid until the next call; false at the end of the file.
  /// Throws PlanError: a last line without newline (but see LineRules), a line too long, a block
  /// that has changed since the first reading; FileError.
  [[nodiscard]] bool next_line(std::string_view& line);
  [[nodiscard]] std::uint64_t offset() const noexcept { return position_; }  ///< of the next line
  /// Goes to the beginning of a line; only after the first reading has come to its end.
  void seek(std::uint64_t offset);

  [[nodiscard]] const std::string& sha256() const noexcept { return sha256_; }  ///< after the end
  /// Did the file end within a line? After next_line() has said that it ended.
  [[nodiscard]] bool is_cut() const noexcept { return cut_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  void load(std::size_t block);
  void read_block(const Descriptor& file, std::size_t block);
  bool fill();  // is there a byte at position_, and in block_?

  std::function<Descriptor()> open_;
  Descriptor file_;  // during the first reading
  std::string path_;
  std::vector<Sha256Bytes> blocks_;  // as many as the first reading has seen
  Sha256 whole_;
  std::string sha256_;
  LineRules rules_;
  bool cut_ = false;
  bool complete_ = false;  // the first reading came to its end
  std::uint64_t bytes_ = 0;
  std::string block_;  // content of block loaded_
  std::size_t loaded_ = static_cast<std::size_t>(-1);
  std::uint64_t position_ = 0;
  std::string carried_;  // a line over the border of blocks
};

}  // namespace rowplan::planner
