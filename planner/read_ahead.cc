#include "planner/read_ahead.h"

namespace rowplan::planner {

namespace {

constexpr std::size_t kReadHere = 100;           // rows, before a thread is worth it
constexpr std::size_t kBatchBytes = 256 << 10U;  // worth a switch of threads
// Some milliseconds of rows: as long as a thread may have to wait for a core.
constexpr std::size_t kAheadBytes = 8 * kBatchBytes;

}  // namespace

ReadAhead::~ReadAhead() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool ReadAhead::next(mysql::Row& row) {
  std::string_view bytes;
  if (!next_bytes(row, bytes)) return false;
  if (bytes.data() != row.bytes().data()) row.assign(bytes);
  return true;
}

bool ReadAhead::next_bytes(mysql::Row& memory, std::string_view& bytes) {
  if (read_here_ < kReadHere) {
    ++read_here_;
    return rows_.next_bytes(memory, bytes);
  }
  if (!thread_.joinable()) thread_ = std::thread([this] { read_all(); });
  const Batch& batch = current();
  if (taken_ < batch.ends.size()) {
    const std::size_t begin = taken_ == 0 ? 0 : batch.ends[taken_ - 1];
    bytes = {batch.bytes.data() + begin, batch.ends[taken_++] - begin};
    return true;
  }
  if (batch.failure) std::rethrow_exception(batch.failure);
  return false;
}

ReadAhead::Batch& ReadAhead::current() {
  Batch& batch = batches_[released_ % kBatches];
  if (taken_ > 0 && (taken_ < batch.ends.size() || batch.last)) return batch;
  std::unique_lock lock(mutex_);
  if (taken_ > 0) {
    ahead_bytes_ -= batch.bytes.size();
    ++released_;
    taken_ = 0;
    changed_.notify_all();
  }
  changed_.wait(lock, [this] { return filled_ > released_; });
  return batches_[released_ % kBatches];
}

bool ReadAhead::wait_for_room() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] {
    return stop_ || filled_ == released_ ||
           (filled_ - released_ < kBatches && ahead_bytes_ < kAheadBytes);
  });
  return !stop_;
}

void ReadAhead::fill(Batch& batch) {
  // Of a huge row no memory is kept.
  if (batch.bytes.capacity() > 2 * kBatchBytes) std::string().swap(batch.bytes);
  batch.bytes.clear();
  batch.ends.clear();
  while (batch.bytes.size() < kBatchBytes) {
    std::string_view bytes;
    if (!rows_.next_bytes(row_, bytes)) {
      batch.last = true;
      return;
    }
    batch.bytes += bytes;
    batch.ends.push_back(batch.bytes.size());
  }
}

void ReadAhead::read_all() noexcept {
  while (wait_for_room()) {
    Batch& batch = batches_[filled_ % kBatches];
    try {
      fill(batch);
    } catch (...) {
      batch.failure = std::current_exception();
      batch.last = true;
    }
    const bool last = batch.last;
    {
      const std::lock_guard lock(mutex_);
      ahead_bytes_ += batch.bytes.size();
      ++filled_;
    }
    changed_.notify_all();
    if (last) return;
  }
}

}  // namespace rowplan::planner
