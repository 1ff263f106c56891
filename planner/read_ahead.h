// Rows read by a thread of their own, ahead of who takes them.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "planner/chunk_visitor.h"

namespace rowplan::planner {

/// Passes on the rows of another source, which nobody else may use meanwhile. The first rows are
/// read by the caller's thread, so that a small table starts no other. What is ahead is bounded in
/// rows and bytes, whatever the size of a row.
class ReadAhead : public RowSource {
 public:
  explicit ReadAhead(RowSource& rows) : rows_(rows) {}
  /// Waits for the row that is being read.
  ~ReadAhead() override;
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// As the other source's; a failure comes after the rows before it.
  bool next(mysql::Row& row) override;
  bool next_bytes(mysql::Row& memory, std::string_view& bytes) override;

 private:
  struct Batch {
    // Rows lie close together: they go from one core's cache to another's.
    std::string bytes;
    std::vector<std::size_t> ends;  // of each row
    bool last = false;
    std::exception_ptr failure;  // after the rows
  };
  static constexpr std::size_t kBatches = 8;

  void read_all() noexcept;
  void fill(Batch& batch);
  /// False: nobody wants more.
  [[nodiscard]] bool wait_for_room();
  /// The batch at hand; the next one, if it is through.
  Batch& current();

  RowSource& rows_;
  std::size_t read_here_ = 0;
  std::size_t taken_ = 0;  // rows of the current batch
  mysql::Row row_;         // that is being read ahead

  std::array<Batch, kBatches> batches_;  // a ring: full ones are the consumer's
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t filled_ = 0;    // batches since the start
  std::size_t released_ = 0;  // of these, taken
  std::size_t ahead_bytes_ = 0;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace rowplan::planner
