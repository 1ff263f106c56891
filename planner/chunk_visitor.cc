#include "planner/chunk_visitor.h"

#include <array>
#include <stdexcept>

#include "mysql/mutant.h"

namespace rowplan::planner {

namespace {

constexpr unsigned kAskToStopEvery = 1024;  // rows

/// One side with its row at hand.
class Head {
 public:
  Head(const TablePair& pair, Side side, RowSource& rows) : pair_(pair), side_(side), rows_(rows) {
    has_ = rows_.next_bytes(row_at_hand(), bytes_);
  }

  [[nodiscard]] bool has() const { return has_; }
  [[nodiscard]] std::string_view bytes() const { return bytes_; }
  /// With its cells; also later, when it is the previous one.
  [[nodiscard]] const mysql::Row& row() {
    mysql::Row& row = row_at_hand();
    if (bytes_.data() != row.bytes().data()) {
      row.assign(bytes_);
      bytes_ = row.bytes();
    }
    return row;
  }
  /// Of which row() was asked.
  [[nodiscard]] const mysql::Row& previous() const { return two_rows_[1 - at_]; }

  void advance() {
    at_ = 1 - at_;
    has_ = rows_.next_bytes(row_at_hand(), bytes_);
    unchecked_ = has_;
  }

  /// Asks, once for each row, whether keys rise.
  void check_order(const mysql::Row& previous) {
    if (!unchecked_) return;
    unchecked_ = false;
    if (mysql::compare_keys(pair_.order, previous, row()) >= 0)
      throw std::runtime_error(pair_.job.address + " on '" + pair_.server(side_) +
                               "': the server returned keys in an order that rowplan does not "
                               "expect; nothing was decided from them");
  }
  /// The same was found of the same rows.
  void order_is_known() { unchecked_ = false; }

 private:
  mysql::Row& row_at_hand() { return two_rows_[at_]; }

  const TablePair& pair_;
  Side side_;
  RowSource& rows_;
  std::array<mysql::Row, 2> two_rows_;  // by turns the one at hand
  std::size_t at_ = 0;
  std::string_view bytes_;
  bool has_ = false;
  bool unchecked_ = false;
};

/// Both sides. Of the target's rows the cells are asked for only where it is not the source's:
/// equal rows after equal rows need one look at their keys.
struct Heads {
  const TablePair& pair;
  Head source;
  Head target;
  bool equal = false;  ///< the rows at hand

  /// Which side's key comes first; 0: both have it.
  int order() {
    const bool were_equal = equal;
    equal = source.has() && target.has() && source.bytes() == target.bytes();
    source.check_order(source.previous());
    if (equal && were_equal)
      target.order_is_known();
    else
      target.check_order(were_equal ? source.previous() : target.previous());
    if (equal) return 0;
    if (!source.has()) return 1;
    if (!target.has()) return -1;
    return mysql::compare_keys(pair.order, source.row(), target.row());
  }
};

}  // namespace

bool walk(const TablePair& pair, const KeyRange& range, RowSource& source_rows,
          RowSource& target_rows, bool cut, ChunkVisitor& visitor) {
  Heads heads{pair, {pair, Side::source, source_rows}, {pair, Side::target, target_rows}};
  Head& source = heads.source;
  Head& target = heads.target;
  mysql::RowHasher hasher(pair.types());
  const std::uint64_t chunk_rows = pair.job.options.chunk_rows;
  KeyRange chunk{range.low, std::nullopt};
  unsigned steps = 0;
  std::optional<mysql::Row> last;  // key of the last source row, for a planted bug
  const bool closed = mysql::planted(mysql::Mutant::last_chunk_closed);
  while (source.has() || target.has()) {
    if (++steps % kAskToStopEvery == 0 && visitor.stop()) return false;
    const int order = heads.order();
    if (order > 0) {
      visitor.only_target(target.row());
      target.advance();
      continue;
    }
    if (order < 0)
      visitor.only_source(source.row());
    else if (heads.equal)
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
