#include "mysql/row.h"

#include <algorithm>

namespace rowplan::mysql {

void Row::enlarge() {
  // What is added to one row at a time: exact at first, since many rows are kept as they are.
  buffer_.resize(buffer_.empty() ? used_ : std::max(used_, 2 * buffer_.size()));
}

void Row::assign(std::string_view bytes) {
  clear();
  if (bytes.empty()) return;
  std::memcpy(grow(bytes.size()), bytes.data(), bytes.size());
  for (std::size_t at = 0; at < used_; at = ends_.back()) {
    assert(used_ - at >= kLengthBytes);
    std::uint32_t length = 0;
    std::memcpy(&length, buffer_.data() + at, kLengthBytes);
    ends_.push_back(at + kLengthBytes + (length == kNullLength ? 0 : length));
    assert(ends_.back() <= used_);
  }
}

}  // namespace rowplan::mysql
