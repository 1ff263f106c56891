// Keys of rows that an application deleted: `deletes = { tombstones = "shop.deleted" }`.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "mysql/session.h"
#include "planner/finding.h"
#include "planner/job.h"
#include "planner/table_pair.h"
#include "planner/window.h"

namespace rowplan::planner {

/// What stands against reading `pair.tombstones`; of severity error: deletes could be lost.
void judge_tombstones(const TablePair& pair, Findings& findings);

/// Tombstones are synced themselves only where `tables` says so by name. Throws
/// Refusal{manifest}.
void refuse_unnamed_tombstones(const Manifest& manifest, const std::vector<TableJob>& jobs);

/// The keys that are written down in a window, in the order in which its rows are read, each once.
/// A few are held at a time. From the first call of peek() on to close() the session is in a
/// snapshot; others may ask there meanwhile.
class TombstoneKeys {
 public:
  TombstoneKeys(const TablePair& pair, const Window& window, mysql::Session& source)
      : pair_(pair), window_(window), source_(source) {}

  /// The next key; null: there are no more. Throws mysql::Error.
  [[nodiscard]] const mysql::Row* peek();
  void pop() { keys_.pop_front(); }
  void close();

 private:
  void read_on();

  const TablePair& pair_;
  const Window& window_;
  mysql::Session& source_;
  std::deque<mysql::Row> keys_;
  std::string last_;  // bytes of the last key that was read
  std::uint64_t rows_ = 0;
  bool open_ = false;
  bool at_end_ = false;
};

}  // namespace rowplan::planner
