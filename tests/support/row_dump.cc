// rowplan_row_dump: prints the rows of one table, exactly, for tests that compare tables.
//
// It shares no code with rowplan: rows come by prepared statements (the binary protocol), numbers
// as numbers, FLOAT and DOUBLE as their bits, strings as the bytes that are stored, times as
// fields. One line a row, lines sorted. Generated columns are left out.
//
//   rowplan_row_dump SOCKET USER DATABASE TABLE [--columns a,b] [--ignore a,b] [--where EXPR]
//   [--utf8]
//
// --utf8 converts character columns to utf8mb4: for tables that hold one text in two charsets.
#include <mysql.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace {

// my_bool in MariaDB's library, bool in Oracle's.
using Flag = std::remove_pointer_t<decltype(MYSQL_BIND::is_null)>;

struct Options {
  std::string socket;
  std::string user;
  std::string database;
  std::string table;
  std::vector<std::string> columns;  // empty: all
  std::vector<std::string> ignore;
  std::string where;
  bool utf8 = false;
};

struct Column {
  std::string name;
  std::string type;  // DATA_TYPE of information_schema
  bool is_character = false;
};

struct CloseConnection {
  void operator()(MYSQL* mysql) const { mysql_close(mysql); }
};
using Connection = std::unique_ptr<MYSQL, CloseConnection>;

struct CloseStatement {
  void operator()(MYSQL_STMT* stmt) const { mysql_stmt_close(stmt); }
};
using Statement = std::unique_ptr<MYSQL_STMT, CloseStatement>;

struct FreeResult {
  void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};
using Result = std::unique_ptr<MYSQL_RES, FreeResult>;

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> names;
  std::string::size_type begin = 0;
  while (begin <= list.size()) {
    const auto end = std::min(list.find(',', begin), list.size());
    names.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Options parse(const std::vector<std::string>& args) {
  if (args.size() < 4) throw std::runtime_error("usage: SOCKET USER DATABASE TABLE [option]...");
  Options options{args[0], args[1], args[2], args[3], {}, {}, {}, false};
  for (std::size_t i = 4; i < args.size(); ++i) {
    if (args[i] == "--utf8") {
      options.utf8 = true;
      continue;
    }
    if (i + 1 == args.size()) throw std::runtime_error("no value for " + args[i]);
    const std::string& value = args[i + 1];
    if (args[i] == "--columns") {
      options.columns = split(value);
    } else if (args[i] == "--ignore") {
      options.ignore = split(value);
    } else if (args[i] == "--where") {
      options.where = value;
    } else {
      throw std::runtime_error("unknown option " + args[i]);
    }
    ++i;
  }
  return options;
}

std::string quote(const std::string& name) {
  std::string quoted = "`";
  for (const char c : name) {
    quoted += c;
    if (c == '`') quoted += c;
  }
  return quoted + "`";
}

std::string hex(const char* data, std::size_t size) {
  static constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(size * 2);
  for (std::size_t i = 0; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(data[i]);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

/// A column's name in a line: nothing in it may look like a separator.
std::string plain(const std::string& name) {
  std::string text;
  for (const char c : name) {
    const bool keep = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
    text += keep ? std::string(1, c) : "%" + hex(&c, 1);
  }
  return text;
}

void query(MYSQL* mysql, const std::string& sql) {
  if (mysql_real_query(mysql, sql.data(), sql.size()) != 0) {
    throw std::runtime_error(sql + ": " + mysql_error(mysql));
  }
}

Connection connect(const Options& options) {
  Connection connection(mysql_init(nullptr));
  mysql_options(connection.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
  if (mysql_real_connect(connection.get(), nullptr, options.user.c_str(), "",
                         options.database.c_str(), 0, options.socket.c_str(), 0) == nullptr) {
    throw std::runtime_error(mysql_error(connection.get()));
  }
  query(connection.get(),
        "SET time_zone = '+00:00', sql_mode = '', sql_select_limit = 18446744073709551615");
  return connection;
}

std::vector<Column> read_columns(MYSQL* mysql, const Options& options) {
  const std::string table = "0x" + hex(options.table.data(), options.table.size());
  query(mysql,
        "SELECT COLUMN_NAME, LOWER(DATA_TYPE), CHARACTER_SET_NAME IS NOT NULL"
        " FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()"
        " AND CAST(TABLE_NAME AS BINARY) = " +
            table +
            " AND COALESCE(GENERATION_EXPRESSION, '') = '' ORDER BY CAST(COLUMN_NAME AS BINARY)");
  const Result result(mysql_store_result(mysql));
  std::vector<Column> columns;
  while (MYSQL_ROW row = mysql_fetch_row(result.get())) {
    const Column column{row[0], row[1], row[2][0] == '1'};
    const bool listed = options.columns.empty() || contains(options.columns, column.name);
    if (listed && !contains(options.ignore, column.name)) columns.push_back(column);
  }
  if (columns.empty()) throw std::runtime_error("no such table or column: " + options.table);
  return columns;
}

std::string select_list(const std::vector<Column>& columns, bool utf8) {
  std::string list;
  for (const Column& column : columns) {
    const std::string name = quote(column.name);
    if (!list.empty()) list += ", ";
    if (column.type == "enum" || column.type == "set") {
      // The empty member and the value of an error are both '' as text.
      list += "CONCAT(" + name + " + 0 = 0, ':', " + name + ")";
    } else if (column.type == "vector") {
      list += "HEX(" + name + ")";  // a type that MariaDB's library does not fetch
    } else if (utf8 && column.is_character) {
      list += "CONVERT(" + name + " USING utf8mb4)";
    } else {
      list += name;
    }
  }
  return list;
}

enum class Shape { integer, real32, real64, time, bytes };

Shape shape_of(const MYSQL_FIELD& field) {
  switch (field.type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
      return Shape::integer;
    case MYSQL_TYPE_FLOAT:
      return Shape::real32;
    case MYSQL_TYPE_DOUBLE:
      return Shape::real64;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_TIME:
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
      return Shape::time;
    default:
      return Shape::bytes;
  }
}

struct Cell {
  Shape shape = Shape::bytes;
  bool is_unsigned = false;
  Flag is_null = 0;
  Flag error = 0;
  unsigned long length = 0;
  std::int64_t integer = 0;
  float real32 = 0;
  double real64 = 0;
  MYSQL_TIME time{};
};

void bind(const MYSQL_FIELD& field, Cell& cell, MYSQL_BIND& bound) {
  cell.shape = shape_of(field);
  cell.is_unsigned = (field.flags & UNSIGNED_FLAG) != 0;
  bound.is_null = &cell.is_null;
  bound.error = &cell.error;
  bound.length = &cell.length;
  switch (cell.shape) {
    case Shape::integer:
      bound.buffer_type = MYSQL_TYPE_LONGLONG;
      bound.is_unsigned = cell.is_unsigned ? 1 : 0;
      bound.buffer = &cell.integer;
      break;
    case Shape::real32:
      bound.buffer_type = MYSQL_TYPE_FLOAT;
      bound.buffer = &cell.real32;
      break;
    case Shape::real64:
      bound.buffer_type = MYSQL_TYPE_DOUBLE;
      bound.buffer = &cell.real64;
      break;
    case Shape::time:
      bound.buffer_type = field.type;
      bound.buffer = &cell.time;
      bound.buffer_length = sizeof cell.time;
      break;
    case Shape::bytes:
      bound.buffer_type = MYSQL_TYPE_BLOB;  // fetched apart, once the length is known
      break;
  }
}

template <typename Bits, typename Real>
std::string bits_of(const char* prefix, Real real) {
  static_assert(sizeof(Bits) == sizeof(Real));
  Bits bits = 0;
  std::memcpy(&bits, &real, sizeof bits);
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%s%0*" PRIx64, prefix,
                static_cast<int>(sizeof(Bits) * 2), static_cast<std::uint64_t>(bits));
  return text.data();
}

std::string time_text(const MYSQL_TIME& time) {
  std::array<char, 80> text{};
  // Libraries differ in whether hours of a TIME beyond 24 stand in `day`.
  std::snprintf(text.data(), text.size(), "t%s%u-%u-%u_%u:%u:%u.%06lu", time.neg ? "-" : "",
                time.year, time.month, time.time_type == MYSQL_TIMESTAMP_TIME ? 0U : time.day,
                time.time_type == MYSQL_TIMESTAMP_TIME ? time.day * 24 + time.hour : time.hour,
                time.minute, time.second, time.second_part);
  return text.data();
}

std::string bytes_text(MYSQL_STMT* stmt, unsigned column, unsigned long length) {
  std::vector<char> data(length + 1);
  MYSQL_BIND bound{};
  unsigned long got = 0;
  bound.buffer_type = MYSQL_TYPE_BLOB;
  bound.buffer = data.data();
  bound.buffer_length = length + 1;
  bound.length = &got;
  if (mysql_stmt_fetch_column(stmt, &bound, column, 0) != 0 || got != length) {
    throw std::runtime_error(std::string("cannot fetch a column: ") + mysql_stmt_error(stmt));
  }
  return "x" + hex(data.data(), length);
}

std::string cell_text(MYSQL_STMT* stmt, unsigned column, const Cell& cell) {
  if (cell.is_null) return "NULL";
  switch (cell.shape) {
    case Shape::integer:
      return cell.is_unsigned ? std::to_string(static_cast<std::uint64_t>(cell.integer))
                              : std::to_string(cell.integer);
    case Shape::real32:
      return bits_of<std::uint32_t>("f", cell.real32);
    case Shape::real64:
      return bits_of<std::uint64_t>("d", cell.real64);
    case Shape::time:
      return time_text(cell.time);
    case Shape::bytes:
      break;
  }
  return bytes_text(stmt, column, cell.length);
}

std::vector<std::string> dump(MYSQL* mysql, const Options& options) {
  const std::vector<Column> columns = read_columns(mysql, options);
  query(mysql, "SET character_set_results = NULL");
  std::string sql =
      "SELECT " + select_list(columns, options.utf8) + " FROM " + quote(options.table);
  if (!options.where.empty()) sql += " WHERE (" + options.where + ")";
  const Statement stmt(mysql_stmt_init(mysql));
  const auto check = [&stmt](bool ok) {
    if (!ok) throw std::runtime_error(mysql_stmt_error(stmt.get()));
  };
  check(mysql_stmt_prepare(stmt.get(), sql.data(), sql.size()) == 0);
  check(mysql_stmt_execute(stmt.get()) == 0);
  const Result fields(mysql_stmt_result_metadata(stmt.get()));
  std::vector<Cell> cells(columns.size());
  std::vector<MYSQL_BIND> bound(columns.size());
  for (unsigned i = 0; i < columns.size(); ++i) {
    bind(*mysql_fetch_field_direct(fields.get(), i), cells[i], bound[i]);
  }
  check(mysql_stmt_bind_result(stmt.get(), bound.data()) == 0);
  std::vector<std::string> lines;
  while (true) {
    const int status = mysql_stmt_fetch(stmt.get());
    if (status == MYSQL_NO_DATA) break;
    check(status == 0 || status == MYSQL_DATA_TRUNCATED);
    std::string line;
    for (unsigned i = 0; i < columns.size(); ++i) {
      line +=
          (i == 0 ? "" : " ") + plain(columns[i].name) + "=" + cell_text(stmt.get(), i, cells[i]);
    }
    lines.push_back(line);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Options options = parse(std::vector<std::string>(argv + 1, argv + argc));
    const Connection connection = connect(options);
    for (const std::string& line : dump(connection.get(), options)) std::cout << line << '\n';
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "rowplan_row_dump: " << error.what() << '\n';
    return 1;
  }
}
