#include "planner/copy_counts.h"

#include <algorithm>
#include <cassert>

#include "planner/chunk_hash.h"

namespace rowplan::planner {

void CopyCounts::add(Side side, const mysql::RowHash& hash) {
  Copies& copies = copies_[{hash.high, hash.low}];
  ++(side == Side::source ? copies.source : copies.target);
  ++(side == Side::source ? source_rows_ : target_rows_);
}

void CopyCounts::remember(const mysql::RowHash& hash, const mysql::Row& row) {
  remembered_.try_emplace({hash.high, hash.low}, row);
}

void CopyCounts::finish() {
  for (const auto& [hash, copies] : copies_) {
    const bool extra = copies.target > copies.source;
    const bool stays = copies.source == copies.target || (extra && keep_extra_);
    const std::uint64_t both = std::min(copies.source, copies.target);
    const mysql::RowHash row{hash.first, hash.second};
    planner::add(source_staying_, row, both);
    planner::add(target_staying_, row, stays ? copies.target : both);
    if (!stays) differing_.emplace(hash, copies);
    if (stays && extra) kept_ += copies.target - copies.source;
  }
}

const mysql::Row& CopyCounts::row(const Hash& hash) const {
  const auto found = remembered_.find(hash);
  assert(found != remembered_.end());
  return found->second;
}

}  // namespace rowplan::planner
