#include "mysql/text_row_stream.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include "mysql/cell.h"
#include "mysql/row_writer.h"
#include "mysql/session_handle.h"

namespace rowplan::mysql {

namespace {

constexpr unsigned kServerGone = 2006;
constexpr unsigned kServerLost = 2013;
constexpr unsigned kMalformed = 2027;

/// Its cell is of a fixed length, and its text is that of show().
bool is_shown(CellKind kind) {
  return kind == CellKind::integer || kind == CellKind::year || kind == CellKind::date ||
         kind == CellKind::datetime || kind == CellKind::time;
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc{} || end != last) return std::nullopt;
  return number;
}

}  // namespace

struct TextRowStream::Result {
  explicit Result(MYSQL_RES* from) : rows(from) {}
  ~Result() { mysql_free_result(rows); }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;

  MYSQL_RES* rows;
  MYSQL_ROW row = nullptr;
  const unsigned long* lengths = nullptr;
};

bool is_exact_as_text(const std::vector<ReadColumn>& columns) {
  return std::none_of(columns.begin(), columns.end(),
                      [](const ReadColumn& column) { return column.type.kind == CellKind::real; });
}

TextRowStream::TextRowStream(Session& session, const std::string& sql,
                             const std::vector<ReadColumn>& columns, std::string doing)
    : session_(session),
      doing_(std::move(doing)),
      columns_(columns),
      maker_(session.server(), doing_),
      made_(columns.size()),
      cells_(columns.size()) {
  assert(is_exact_as_text(columns));
  send(sql);
}

TextRowStream::~TextRowStream() {
  if (ended_) return;
  // Given up before its end: what is left would have to be read, and the library does so when the
  // result is freed. So the session goes, and the connection before that.
  session_.handle().sever();
  result_.reset();
  session_.close();
}

/// What went wrong, with the session closed after it.
Error TextRowStream::closed() {
  Error error = session_.handle().error(doing_);
  session_.close();
  return error;
}

void TextRowStream::send(const std::string& sql) {
  MYSQL* const mysql = session_.handle().mysql;
  if (mysql == nullptr)
    throw Error(session_.server(), kServerGone, "HY000", "the session is closed", doing_);
  if (mysql_send_query(mysql, sql.data(), sql.size()) == 0) return;
  throw closed();
}

void TextRowStream::open() {
  MYSQL* const mysql = session_.handle().mysql;
  if (mysql == nullptr)
    throw Error(session_.server(), kServerGone, "HY000", "the session is closed", doing_);
  if (mysql_read_query_result(mysql) != 0) throw session_.handle().error(doing_);
  MYSQL_RES* const rows = mysql_use_result(mysql);
  if (rows == nullptr) throw session_.handle().error(doing_);
  result_ = std::make_unique<Result>(rows);
  if (mysql_num_fields(rows) != columns_.size())
    throw Error(session_.server(), kMalformed, "HY000",
                "the server answered with another number of columns", doing_);
}

bool TextRowStream::next(Row& row) {
  assert(!ended_);
  if (!result_) open();
  result_->row = mysql_fetch_row(result_->rows);
  if (result_->row == nullptr) return end();
  result_->lengths = mysql_fetch_lengths(result_->rows);
  if (result_->lengths == nullptr) throw session_.handle().error(doing_);
  write_cells(row);
  return true;
}

/// There is no further row: because the server said so, or because the read failed.
bool TextRowStream::end() {
  MYSQL* const mysql = session_.handle().mysql;
  if (mysql == nullptr)
    throw Error(session_.server(), kServerLost, "HY000", "the session is closed", doing_);
  if (mysql_errno(mysql) != 0 && !loss_ends_rows_) throw session_.handle().error(doing_);
  ended_ = true;
  result_.reset();
  if (loss_ends_rows_ && mysql_errno(mysql) != 0) return false;
  (void)session_.check_warnings(doing_);
  return false;
}

/// The cell of a value that is not NULL; lives until the next row.
std::string_view TextRowStream::cell_of(std::size_t i, std::string_view sent) {
  const ReadColumn& column = columns_[i];
  const CellKind kind = column.type.kind;
  const auto malformed = [&] {
    return Error(session_.server(), kMalformed, "HY000",
                 "the server sent a value that is none of its column's type", doing_);
  };
  if (kind == CellKind::label) {
    const auto number = number_in(sent);
    if (!number) throw malformed();
    return maker_.of_label(column, *number, made_[i]);
  }
  if (!is_shown(kind)) return maker_.of_bytes(column, sent, made_[i]);
  auto cell = cell_from_shown(column.type, {true, std::string(sent)});
  if (!cell) throw malformed();
  return made_[i] = std::move(*cell);
}

void TextRowStream::write_cells(Row& row) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (result_->row[i] == nullptr) continue;
    cells_[i] = cell_of(i, {result_->row[i], result_->lengths[i]});
    bytes += cells_[i].size();
  }
  RowWriter cells(row, columns_.size(), bytes);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (result_->row[i] != nullptr)
      cells.add(cells_[i]);
    else if (null_is_empty_ && columns_[i].type.kind == CellKind::text)
      cells.add("");
    else
      cells.add_null();
  }
}

}  // namespace rowplan::mysql
