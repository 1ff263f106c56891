// Rows of one query in the text protocol: one round trip, where a RowStream takes two.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mysql/cell_maker.h"
#include "mysql/mutant.h"
#include "mysql/row_stream.h"
#include "mysql/session.h"

namespace rowplan::mysql {

/// Can such a result be read exactly so? Not where there is a FLOAT or a DOUBLE: their digits end
/// early in the servers' texts.
[[nodiscard]] bool is_exact_as_text(const std::vector<ReadColumn>& columns);

/// As a RowStream, with the same cells, byte by byte. The query is sent at once but not waited for
/// before the first row is asked for, so that several servers can be asked at a time.
class TextRowStream {
 public:
  /// As RowStream's; the columns must be exact as text.
  TextRowStream(Session& session, const std::string& sql, const std::vector<ReadColumn>& columns,
                std::string doing);
  ~TextRowStream();
  TextRowStream(const TextRowStream&) = delete;
  TextRowStream& operator=(const TextRowStream&) = delete;

  /// As RowStream::next.
  [[nodiscard]] bool next(Row& row);

 private:
  struct Result;  // hides mysql.h

  [[nodiscard]] Error closed();
  void send(const std::string& sql);
  void open();
  [[nodiscard]] bool end();
  void write_cells(Row& row);
  [[nodiscard]] std::string_view cell_of(std::size_t i, std::string_view sent);

  Session& session_;
  std::string doing_;
  std::vector<ReadColumn> columns_;
  CellMaker maker_;
  std::vector<std::string> made_;  // by column
  std::vector<std::string_view> cells_;
  std::unique_ptr<Result> result_;
  bool ended_ = false;
  // Bugs that tests plant.
  const bool null_is_empty_ = planted(Mutant::null_is_empty);
  const bool loss_ends_rows_ = planted(Mutant::lost_connection_ends_rows);
};

}  // namespace rowplan::mysql
