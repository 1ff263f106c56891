#include "planner/chunk_buffer.h"

namespace rowplan::planner {

void ChunkBuffer::add(Kind kind, const mysql::Row& row) {
  if (overflowed_) return;
  const std::string_view bytes = row.bytes();
  if (bytes_.size() + bytes.size() > max_bytes_ && !bytes_.empty()) {
    overflowed_ = true;
    std::string().swap(bytes_);
    entries_.clear();
    return;
  }
  bytes_ += bytes;
  entries_.push_back({kind, bytes.size()});
}

void ChunkBuffer::replay(ChunkVisitor& visitor) const {
  std::string_view rest = bytes_;
  mysql::Row row;
  mysql::Row source;
  for (const Entry& entry : entries_) {
    row.assign(rest.substr(0, entry.bytes));
    rest.remove_prefix(entry.bytes);
    switch (entry.kind) {
      case Kind::equal:
        visitor.equal(row);
        break;
      case Kind::source_of_two:
        source.swap(row);
        break;
      case Kind::target_of_two:
        visitor.differs(source, row);
        break;
      case Kind::only_source:
        visitor.only_source(row);
        break;
      case Kind::only_target:
        visitor.only_target(row);
        break;
    }
  }
}

void ChunkBuffer::clear() {
  bytes_.clear();
  entries_.clear();
  overflowed_ = false;
}

}  // namespace rowplan::planner
