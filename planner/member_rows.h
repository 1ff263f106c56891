// Rows of both members, read in snapshots.
#pragma once

#include <string>

#include "mysql/row_stream.h"
#include "mysql/session.h"
#include "planner/chunk_visitor.h"
#include "planner/select_sql.h"

namespace rowplan::planner {

/// One member's rows, as the server sends them.
class StreamRows : public RowSource {
 public:
  StreamRows(mysql::Session& session, const TablePair& pair, Side side, const std::string& sql)
      : rows_(session, sql, read_columns(pair, side), "reading " + pair.job.address) {}
  bool next(mysql::Row& row) override { return rows_.next(row); }

 private:
  mysql::RowStream rows_;
};

/// The sessions of a pair's members.
struct MemberSessions {
  mysql::Session& source;
  mysql::Session& target;

  /// A new snapshot on each, as near to each other as can be without a lock.
  void open_snapshots() const {
    close_snapshots();
    source.begin_consistent_snapshot();
    target.begin_consistent_snapshot();
  }
  void close_snapshots() const {
    source.rollback();
    target.rollback();
  }
};

}  // namespace rowplan::planner
