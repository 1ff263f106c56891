// Rows of both members, read in snapshots.
#pragma once

#include <string>

#include "mysql/row_stream.h"
#include "mysql/text_row_stream.h"
#include "planner/chunk_visitor.h"
#include "planner/member_sessions.h"
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

/// The same of a statement that is sent and not waited for; of columns that are exact as text.
class AskedRows : public RowSource {
 public:
  AskedRows(mysql::Session& session, const TablePair& pair, Side side, const std::string& sql)
      : rows_(session, sql, read_columns(pair, side), "reading " + pair.job.address) {}
  bool next(mysql::Row& row) override { return rows_.next(row); }

 private:
  mysql::TextRowStream rows_;
};

}  // namespace rowplan::planner
