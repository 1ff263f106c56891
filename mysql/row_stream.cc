#include "mysql/row_stream.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <sstream>

#include "mysql/cell_maker.h"
#include "mysql/mutant.h"
#include "mysql/row_writer.h"
#include "mysql/session_handle.h"

namespace rowplan::mysql {

namespace {

constexpr std::size_t kFirstBuffer = 512;  // bytes; longer values are fetched once more
constexpr std::size_t kNumberBytes = 9;    // the most that a number or a time takes
constexpr std::uint64_t kMicroseconds = 1000000;

bool by_number(CellKind kind) {
  return kind == CellKind::integer || kind == CellKind::year || kind == CellKind::label;
}

bool by_time(CellKind kind) {
  return kind == CellKind::date || kind == CellKind::datetime || kind == CellKind::time;
}

/// What the client library writes one column of a row into.
struct Buffer {
  std::uint64_t number = 0;
  double real = 0;
  float single = 0;
  MYSQL_TIME time{};
  std::vector<char> bytes;     // bound once; the library keeps its address
  std::vector<char> overflow;  // for values longer than that
  unsigned long length = 0;
  ClientBool null = 0;
  ClientBool error = 0;
  std::string_view cell;  // of what is not held as a number
  std::string made;       // for cells that are not what the server sent
};

void bind_column(const ReadColumn& column, Buffer& buffer, MYSQL_BIND& bind) {
  const CellKind kind = column.type.kind;
  if (by_number(kind)) {
    bind.buffer_type = MYSQL_TYPE_LONGLONG;
    bind.buffer = &buffer.number;
    bind.is_unsigned = column.is_unsigned ? 1 : 0;
  } else if (kind == CellKind::real && column.single) {
    bind.buffer_type = MYSQL_TYPE_FLOAT;
    bind.buffer = &buffer.single;
  } else if (kind == CellKind::real) {
    bind.buffer_type = MYSQL_TYPE_DOUBLE;
    bind.buffer = &buffer.real;
  } else if (by_time(kind)) {
    bind.buffer_type = kind == CellKind::time   ? MYSQL_TYPE_TIME
                       : kind == CellKind::date ? MYSQL_TYPE_DATE
                                                : MYSQL_TYPE_DATETIME;
    bind.buffer = &buffer.time;
    bind.buffer_length = sizeof buffer.time;
  } else {
    buffer.bytes.resize(kFirstBuffer);
    bind.buffer_type = MYSQL_TYPE_STRING;
    bind.buffer = buffer.bytes.data();
    bind.buffer_length = static_cast<unsigned long>(buffer.bytes.size());
  }
  bind.length = &buffer.length;
  bind.is_null = &buffer.null;
  bind.error = &buffer.error;
}

std::uint64_t time_cell(CellKind kind, const MYSQL_TIME& t) {
  if (kind == CellKind::time) {
    const std::uint64_t hours = std::uint64_t{t.day} * 24 + t.hour;
    const std::uint64_t seconds = (hours * 60 + t.minute) * 60 + t.second;
    return time_bits(t.neg != 0, seconds * kMicroseconds + t.second_part);
  }
  PackedTime packed{t.year, t.month, t.day, 0, 0, 0, 0};
  if (kind == CellKind::datetime) {
    packed.hour = t.hour;
    packed.minute = t.minute;
    packed.second = t.second;
    packed.microsecond = static_cast<unsigned>(t.second_part);
  }
  return datetime_bits(packed);
}

}  // namespace

struct RowStream::State {
  State(Session& of, std::string what, const std::vector<ReadColumn>& read)
      : session(&of), doing(std::move(what)), columns(read), maker(of.server(), doing) {}

  Session* session;
  MYSQL_STMT* statement = nullptr;
  std::string doing;
  std::vector<ReadColumn> columns;
  CellMaker maker;
  std::vector<Buffer> buffers;
  std::vector<MYSQL_BIND> binds;
  std::vector<std::size_t> stored;  // columns whose cells are the bytes that the server sent
  std::vector<std::size_t> remade;  // columns whose cells are made of these
  std::uint64_t rows = 0;
  bool executed = false;
  bool ended = false;
  // Bugs that tests plant.
  const bool null_is_empty = planted(Mutant::null_is_empty);
  const bool six_digits = planted(Mutant::float_has_six_digits);
  const bool loss_ends_rows = planted(Mutant::lost_connection_ends_rows);

  ~State() {
    if (statement == nullptr) return;
    // Given up before its end: closing the statement would read all that is left, so the session
    // goes.
    if (executed && !ended) session->close();
    mysql_stmt_close(statement);
  }

  [[nodiscard]] Error error() const {
    MYSQL* mysql = session->handle().mysql;
    if (mysql == nullptr) return {session->server(), 2006, "HY000", "the session is closed", doing};
    unsigned code = mysql_stmt_errno(statement);
    std::string state = mysql_stmt_sqlstate(statement);
    std::string message = mysql_stmt_error(statement);
    if (code == 0) {
      // An unbuffered read that fails leaves its error on the connection.
      code = mysql_errno(mysql);
      state = mysql_sqlstate(mysql);
      message = mysql_error(mysql);
    }
    if (code == 0) {
      code = 2013;
      message = "the read failed without an error";
    }
    return {session->server(), code, state, message, doing};
  }

  void open(const std::string& sql);
  [[nodiscard]] double value_of(const ReadColumn& column, const Buffer& buffer) const {
    const double value = column.single ? static_cast<double>(buffer.single) : buffer.real;
    return six_digits ? std::stod((std::ostringstream() << value).str()) : value;
  }
  void write_cells(Row& row);
  std::size_t make_cells();
  std::string_view make_cell(std::size_t i);
  std::string_view fetch_bytes(std::size_t i);
  std::string_view fetch_long(std::size_t i);
};

void RowStream::State::open(const std::string& sql) {
  MYSQL* mysql = session->handle().mysql;
  if (mysql == nullptr)
    throw Error(session->server(), 2006, "HY000", "the session is closed", doing);
  statement = mysql_stmt_init(mysql);
  if (statement == nullptr) throw std::bad_alloc();
  if (mysql_stmt_prepare(statement, sql.data(), sql.size()) != 0) throw error();
  if (mysql_stmt_field_count(statement) != columns.size())
    throw Error(session->server(), 2027, "HY000",
                "the server answered with another number of columns", doing);
  buffers.resize(columns.size());
  binds.resize(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    bind_column(columns[i], buffers[i], binds[i]);
    const CellKind kind = columns[i].type.kind;
    if (kind == CellKind::integer || kind == CellKind::year || kind == CellKind::real ||
        by_time(kind))
      continue;
    (maker.as_sent(kind) ? stored : remade).push_back(i);
  }
  if (mysql_stmt_execute(statement) != 0) throw error();
  executed = true;
  if (mysql_stmt_bind_result(statement, binds.data()) != 0) throw error();
}

std::string_view RowStream::State::fetch_bytes(std::size_t i) {
  const std::size_t length = buffers[i].length;
  if (length > buffers[i].bytes.size()) return fetch_long(i);
  return {buffers[i].bytes.data(), length};
}

/// Longer than the bound buffer: fetched once more into one of its size.
std::string_view RowStream::State::fetch_long(std::size_t i) {
  Buffer& buffer = buffers[i];
  if (buffer.overflow.size() < buffer.length) buffer.overflow.resize(buffer.length);
  MYSQL_BIND whole{};
  whole.buffer_type = MYSQL_TYPE_STRING;
  whole.buffer = buffer.overflow.data();
  whole.buffer_length = static_cast<unsigned long>(buffer.overflow.size());
  unsigned long length = 0;
  ClientBool null = 0;
  ClientBool cut = 0;
  whole.length = &length;
  whole.is_null = &null;
  whole.error = &cut;
  if (mysql_stmt_fetch_column(statement, &whole, static_cast<unsigned>(i), 0) != 0) throw error();
  return {buffer.overflow.data(), buffer.length};
}

/// The cell of a column that is not held as a number.
std::string_view RowStream::State::make_cell(std::size_t i) {
  std::string& made = buffers[i].made;
  if (columns[i].type.kind == CellKind::label)
    return maker.of_label(columns[i], buffers[i].number, made);
  return maker.of_bytes(columns[i], fetch_bytes(i), made);
}

/// All such cells; the bytes that the row's cells take at most.
std::size_t RowStream::State::make_cells() {
  std::size_t bytes = columns.size() * kNumberBytes;
  for (const std::size_t i : stored) {
    if (buffers[i].null) continue;
    buffers[i].cell = fetch_bytes(i);
    bytes += buffers[i].cell.size();
  }
  for (const std::size_t i : remade) {
    if (buffers[i].null) continue;
    buffers[i].cell = make_cell(i);
    bytes += buffers[i].cell.size();
  }
  return bytes;
}

void RowStream::State::write_cells(Row& row) {
  RowWriter cells(row, columns.size(), make_cells());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const ReadColumn& column = columns[i];
    const Buffer& buffer = buffers[i];
    if (buffer.null) {
      if (null_is_empty && column.type.kind == CellKind::text)
        cells.add("");
      else
        cells.add_null();
      continue;
    }
    switch (column.type.kind) {
      case CellKind::integer:
      case CellKind::year:
        cells.add_integer(!column.is_unsigned && static_cast<std::int64_t>(buffer.number) < 0,
                          buffer.number);
        break;
      case CellKind::real:
        cells.add_u64(real_bits(value_of(column, buffer)));
        break;
      case CellKind::date:
      case CellKind::datetime:
      case CellKind::time:
        cells.add_u64(time_cell(column.type.kind, buffer.time));
        break;
      default:
        cells.add(buffer.cell);
    }
  }
}

RowStream::RowStream(Session& session, const std::string& sql,
                     const std::vector<ReadColumn>& columns, std::string doing)
    : state_(std::make_unique<State>(session, std::move(doing), columns)) {
  state_->open(sql);
}

RowStream::~RowStream() = default;
RowStream::RowStream(RowStream&&) noexcept = default;

bool RowStream::next(Row& row) {
  State& state = *state_;
  assert(!state.ended);
  const int result = mysql_stmt_fetch(state.statement);
  if (result == MYSQL_NO_DATA) {
    state.ended = true;
    // An error may stand beside "no data" in a library that lost the connection meanwhile.
    if (mysql_stmt_errno(state.statement) != 0 || mysql_errno(state.session->handle().mysql) != 0)
      throw state.error();
    mysql_stmt_close(state.statement);
    state.statement = nullptr;
    (void)state.session->check_warnings(state.doing);
    return false;
  }
  if (result == 1 && state.loss_ends_rows) return !(state.ended = true);
  if (result != 0 && result != MYSQL_DATA_TRUNCATED) throw state.error();
  state.write_cells(row);
  ++state.rows;
  return true;
}

std::uint64_t RowStream::rows_read() const { return state_->rows; }

}  // namespace rowplan::mysql
