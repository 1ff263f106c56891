// The walk over two sides' rows in key order, and who listens to it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "mysql/encoding.h"
#include "planner/select_sql.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// Told of each key once, in key order; a chunk's rows come before its end. The first member is the
/// source.
class ChunkVisitor {
 public:
  virtual ~ChunkVisitor() = default;
  virtual void equal(const mysql::Row& row) = 0;
  virtual void differs(const mysql::Row& source, const mysql::Row& target) = 0;
  virtual void only_source(const mysql::Row& row) = 0;
  virtual void only_target(const mysql::Row& row) = 0;
  /// The chunk's rows are through. `high` is open at the end of the walk's range.
  virtual void chunk_end(const KeyRange& range) = 0;
  /// Asked now and then; true ends the walk early, without a chunk_end.
  virtual bool stop() { return false; }
};

/// Where one side's rows come from.
class RowSource {
 public:
  virtual ~RowSource() = default;
  /// As mysql::RowStream::next.
  [[nodiscard]] virtual bool next(mysql::Row& row) = 0;
  /// For who may not need the row's cells: its bytes, in `memory` or elsewhere, which stay until
  /// the next call.
  [[nodiscard]] virtual bool next_bytes(mysql::Row& memory, std::string_view& bytes) {
    if (!next(memory)) return false;
    bytes = memory.bytes();
    return true;
  }
};

/// Walks both sides in step. A chunk ends after each source row whose key's CRC-32 is 0 modulo
/// `chunk_rows`; without `cut`, the whole range is one. Keys must rise strictly on both sides: a
/// server that sorts otherwise than the client expects is a failure (std::runtime_error), never a
/// guess. True: walked to the end.
[[nodiscard]] bool walk(const TablePair& pair, const KeyRange& range, RowSource& source,
                        RowSource& target, bool cut, ChunkVisitor& visitor);

}  // namespace rowplan::planner
