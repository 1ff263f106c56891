#include "executor/row_hashes.h"

#include <algorithm>
#include <cassert>

namespace rowplan::executor {

namespace {

constexpr std::size_t kRowsAhead = 8;  // rows that are gone since, and are passed over

}  // namespace

void RowHashes::begin(const planner::PlanChunk& chunk) {
  const auto [at, added] = chunks_.try_emplace(&chunk);
  chunk_ = &at->second;
  first_time_ = added;
  next_ = 0;
}

mysql::RowHash RowHashes::hash(mysql::RowHasher& hasher, const mysql::Row& row,
                               std::string_view key) {
  assert(chunk_ != nullptr);
  if (!first_time_) {
    if (const mysql::RowHash* known = find(row, key)) return *known;
    return hasher.hash(row);
  }
  const mysql::RowHash hash = hasher.hash(row);
  remember(row, hash);
  return hash;
}

const mysql::RowHash* RowHashes::find(const mysql::Row& row, std::string_view key) {
  const std::size_t end = std::min(chunk_->rows.size(), next_ + kRowsAhead);
  for (std::size_t i = next_; i < end; ++i) {
    const std::size_t begin = i == 0 ? 0 : chunk_->rows[i - 1].end;
    const std::string_view known =
        std::string_view(chunk_->bytes).substr(begin, chunk_->rows[i].end - begin);
    if (!known.starts_with(key)) continue;
    next_ = i + 1;
    return known == row.bytes() ? &chunk_->rows[i].hash : nullptr;
  }
  return nullptr;
}

void RowHashes::remember(const mysql::Row& row, const mysql::RowHash& hash) {
  const std::size_t bytes = row.bytes().size() + sizeof(Known);
  if (bytes > bytes_left_) return;
  bytes_left_ -= bytes;
  chunk_->bytes += row.bytes();
  chunk_->rows.push_back({chunk_->bytes.size(), hash});
}

}  // namespace rowplan::executor
