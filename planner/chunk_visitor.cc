#include "planner/chunk_visitor.h"

#include <stdexcept>

#include "mysql/mutant.h"

namespace rowplan::planner {

namespace {

constexpr unsigned kAskToStopEvery = 1024;  // rows

/// One side with its row at hand, checking that keys rise.
class Head {
 public:
  Head(const TablePair& pair, Side side, RowSource& rows) : pair_(pair), side_(side), rows_(rows) {
    advance();
  }

  [[nodiscard]] bool has() const { return has_; }
  [[nodiscard]] const mysql::Row& row() const { return row_; }

  void advance() {
    previous_.swap(row_);
    const bool had = has_;
    has_ = rows_.next(row_);
    if (has_ && had && mysql::compare_keys(pair_.order, previous_, row_) >= 0)
      throw std::runtime_error(pair_.job.address + " on '" + pair_.server(side_) +
                               "': the server returned keys in an order that rowplan does not "
                               "expect; nothing was decided from them");
  }

 private:
  const TablePair& pair_;
  Side side_;
  RowSource& rows_;
  mysql::Row row_;
  mysql::Row previous_;
  bool has_ = false;
};

}  // namespace

bool walk(const TablePair& pair, const KeyRange& range, RowSource& source_rows,
          RowSource& target_rows, bool cut, ChunkVisitor& visitor) {
  Head source(pair, Side::source, source_rows);
  Head target(pair, Side::target, target_rows);
  mysql::RowHasher hasher(pair.types());
  const std::uint64_t chunk_rows = pair.job.options.chunk_rows;
  KeyRange chunk{range.low, std::nullopt};
  unsigned steps = 0;
  std::optional<mysql::Row> last;  // key of the last source row, for a planted bug
  const bool closed = mysql::planted(mysql::Mutant::last_chunk_closed);
  while (source.has() || target.has()) {
    if (++steps % kAskToStopEvery == 0 && visitor.stop()) return false;
    const int order = !source.has()   ? 1
                      : !target.has() ? -1
                                      : mysql::compare_keys(pair.order, source.row(), target.row());
    if (order > 0) {
      visitor.only_target(target.row());
      target.advance();
      continue;
    }
    if (order < 0)
      visitor.only_source(source.row());
    else if (source.row() == target.row())
      visitor.equal(source.row());
    else
      visitor.differs(source.row(), target.row());
    if (cut && hasher.key_crc(source.row(), pair.key_columns) % chunk_rows == 0) {
      chunk.high = key_of(pair, source.row());
      visitor.chunk_end(chunk);
      chunk = {chunk.high, std::nullopt};
    }
    if (closed) last = key_of(pair, source.row());
    source.advance();
    if (order == 0) target.advance();
  }
  chunk.high = range.high;
  if (closed && !chunk.high) chunk.high = last;
  visitor.chunk_end(chunk);
  return true;
}

}  // namespace rowplan::planner
