// rowplan_bare_reader: reads all rows of one table from two servers at once and does nothing with
// them. The floor for whatever compares rows: the benchmark gives its times as ratios to this one.
//
//   rowplan_bare_reader SOCKET SOCKET DATABASE TABLE
//
// Prepared statements (the binary protocol), unbuffered, in the order of the primary key, one
// thread a server; every value is fetched into a bound buffer. Prints the rows of each side.
#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <thread>
#include <type_traits>
#include <vector>

#include "bare_client.h"

namespace {

// my_bool in MariaDB's library, bool in Oracle's.
using Flag = std::remove_pointer_t<decltype(MYSQL_BIND::is_null)>;

constexpr std::size_t kBytes = 512;  // of a text; what is longer is cut

struct CloseStatement {
  void operator()(MYSQL_STMT* stmt) const { mysql_stmt_close(stmt); }
};

struct FreeResult {
  void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};

struct Buffer {
  std::uint64_t number = 0;
  double real = 0;
  MYSQL_TIME time{};
  std::array<char, kBytes> bytes{};
  unsigned long length = 0;
  Flag null = 0;
  Flag error = 0;
};

void bind_column(enum_field_types type, Buffer& buffer, MYSQL_BIND& bind) {
  switch (type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
      bind.buffer_type = MYSQL_TYPE_LONGLONG;
      bind.buffer = &buffer.number;
      break;
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
      bind.buffer_type = MYSQL_TYPE_DOUBLE;
      bind.buffer = &buffer.real;
      break;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
      bind.buffer_type = MYSQL_TYPE_DATETIME;
      bind.buffer = &buffer.time;
      bind.buffer_length = sizeof buffer.time;
      break;
    default:
      bind.buffer_type = MYSQL_TYPE_STRING;
      bind.buffer = buffer.bytes.data();
      bind.buffer_length = kBytes;
  }
  bind.length = &buffer.length;
  bind.is_null = &buffer.null;
  bind.error = &buffer.error;
}

std::vector<enum_field_types> field_types(MYSQL_STMT* stmt) {
  const std::unique_ptr<MYSQL_RES, FreeResult> result(mysql_stmt_result_metadata(stmt));
  if (!result) throw std::runtime_error(mysql_stmt_error(stmt));
  std::vector<enum_field_types> types;
  for (unsigned i = 0; i < mysql_num_fields(result.get()); ++i)
    types.push_back(mysql_fetch_field_direct(result.get(), i)->type);
  return types;
}

std::uint64_t read_rows(const std::string& socket, const std::string& database,
                        const std::string& table) {
  const bench::Connection connection = bench::connect(socket, database);
  const std::unique_ptr<MYSQL_STMT, CloseStatement> stmt(mysql_stmt_init(connection.get()));
  if (!stmt) throw std::bad_alloc();
  const std::string sql = "SELECT * FROM " + table + " ORDER BY id";
  if (mysql_stmt_prepare(stmt.get(), sql.data(), sql.size()) != 0)
    throw std::runtime_error(mysql_stmt_error(stmt.get()));
  const std::vector<enum_field_types> types = field_types(stmt.get());
  std::vector<Buffer> buffers(types.size());
  std::vector<MYSQL_BIND> binds(types.size());
  for (std::size_t i = 0; i < types.size(); ++i) bind_column(types[i], buffers[i], binds[i]);
  if (mysql_stmt_execute(stmt.get()) != 0 || mysql_stmt_bind_result(stmt.get(), binds.data()) != 0)
    throw std::runtime_error(mysql_stmt_error(stmt.get()));
  std::uint64_t rows = 0;
  int result = 0;
  while ((result = mysql_stmt_fetch(stmt.get())) == 0 || result == MYSQL_DATA_TRUNCATED) ++rows;
  if (result != MYSQL_NO_DATA) throw std::runtime_error(mysql_stmt_error(stmt.get()));
  return rows;
}

struct Side {
  std::uint64_t rows = 0;
  std::exception_ptr failure;
};

void run_side(const char* socket, const char* database, const char* table, Side& side) noexcept {
  try {
    side.rows = read_rows(socket, database, table);
  } catch (...) {
    side.failure = std::current_exception();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: rowplan_bare_reader SOCKET SOCKET DATABASE TABLE\n", stderr);
    return 64;
  }
  mysql_library_init(0, nullptr, nullptr);
  std::array<Side, 2> sides;
  {
    std::jthread other(run_side, argv[2], argv[3], argv[4], std::ref(sides[1]));
    run_side(argv[1], argv[3], argv[4], sides[0]);
  }
  for (const Side& side : sides) {
    try {
      if (side.failure) std::rethrow_exception(side.failure);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "rowplan_bare_reader: %s\n", error.what());
      return 1;
    }
  }
  std::printf("%llu %llu\n", static_cast<unsigned long long>(sides[0].rows),
              static_cast<unsigned long long>(sides[1].rows));
  return 0;
}
