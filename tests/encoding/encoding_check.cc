// Computes the canonical encoding on a real server, in SQL, and in the client, and compares: for
// every type but JSON that is canonical, value by value, then as row hashes, cuts and chunk sums.
// Then reads the same rows in the text protocol: but for FLOAT and DOUBLE, the cells must be the
// same.
//
// Usage: rowplan_encoding_check SOCKET; the table encoding_check.t is there (encoding.sql).
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "mysql/encoding.h"
#include "mysql/quote.h"
#include "mysql/row_stream.h"
#include "mysql/schema.h"
#include "mysql/table_reader.h"
#include "mysql/text_row_stream.h"
#include "planner/column_types.h"

namespace {

using namespace rowplan;  // NOLINT: a test program

struct Checked {
  mysql::Column column;
  mysql::CellType type;
  mysql::ReadColumn read;
  std::string in_sql;
};

std::vector<Checked> columns_of(const mysql::Table& table, mysql::Vendor vendor) {
  std::vector<Checked> columns;
  for (const mysql::Column& column : table.columns) {
    const planner::ColumnFit fit = planner::fit_columns(column, column, vendor, vendor);
    if (fit.verdict != planner::ColumnFit::Verdict::fits) {
      std::cerr << "column " << column.name << " (" << column.type << ") is not read\n";
      std::exit(1);
    }
    columns.push_back(
        {column, fit.type, planner::read_column(column, fit.type, false),
         mysql::sql_encoding(fit.type, mysql::quote_name(column.name), column.charset)});
  }
  return columns;
}

mysql::ConnectOptions options_for(const char* socket) {
  mysql::ConnectOptions options;
  options.server = "check";
  options.socket = socket;
  options.user = "root";
  options.tls = mysql::Tls::disabled;
  return options;
}

mysql::ReadColumn as_bytes(const std::string& expression) {
  mysql::ReadColumn read;
  read.expression = expression;
  read.type.kind = mysql::CellKind::bytes;
  return read;
}

/// How many rows are not the same by both protocols, cell by cell.
std::uint64_t rows_that_differ_as_text(mysql::Session& session,
                                       const mysql::ConnectOptions& options,
                                       const std::vector<Checked>& columns) {
  std::vector<mysql::ReadColumn> reads;
  std::string list;
  for (const Checked& checked : columns) {
    if (!mysql::is_exact_as_text({checked.read})) continue;
    reads.push_back(checked.read);
    list += (list.empty() ? "" : ",") + checked.read.expression;
  }
  const std::string sql = "SELECT " + list + " FROM encoding_check.t";
  mysql::Session other(options, mysql::SessionMode::read_only);
  mysql::RowStream binary(session, sql, reads, "checking");
  mysql::TextRowStream text(other, sql, reads, "checking");
  mysql::Row one;
  mysql::Row two;
  std::uint64_t rows = 0;
  std::uint64_t wrong = 0;
  while (true) {
    const bool more = binary.next(one);
    if (more != text.next(two)) ++wrong;
    if (!more || wrong > 0) break;
    ++rows;
    for (std::size_t i = 0; i < reads.size(); ++i) {
      if (one.is_null(i) == two.is_null(i) && (one.is_null(i) || one.cell(i) == two.cell(i)))
        continue;
      ++wrong;
      std::cerr << reads[i].expression << ": binary " << mysql::printable(std::string(one.cell(i)))
                << ", text " << mysql::printable(std::string(two.cell(i))) << '\n';
    }
  }
  std::cout << rows << " rows of " << reads.size() << " columns read as text, " << wrong
            << " values differ\n";
  return wrong;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  mysql::Session session(options_for(argv[1]), mysql::SessionMode::read_only);
  const auto table = mysql::read_table(session, {"encoding_check", "t"}, mysql::Relations::none);
  if (!table) return 1;
  const std::vector<Checked> columns = columns_of(*table, session.vendor());

  std::vector<mysql::ReadColumn> reads;
  std::vector<mysql::CellType> types;
  std::vector<std::string> encodings;
  for (const Checked& checked : columns) {
    reads.push_back(checked.read);
    types.push_back(checked.type);
    encodings.push_back(checked.in_sql);
  }
  const std::size_t cells = reads.size();
  for (const std::string& encoding : encodings)
    reads.push_back(as_bytes("CAST(" + encoding + " AS BINARY)"));
  reads.push_back(as_bytes("CAST(" + mysql::sql_row_hash(encodings) + " AS BINARY)"));
  reads.push_back(as_bytes("CAST(CRC32(" + encodings[0] + ") AS CHAR)"));
  std::string list;
  for (const mysql::ReadColumn& read : reads) list += (list.empty() ? "" : ",") + read.expression;
  mysql::RowStream rows(session, "SELECT " + list + " FROM encoding_check.t", reads, "checking");

  mysql::RowHasher hasher(types);
  mysql::Row row;
  std::uint64_t count = 0;
  std::uint64_t values = 0;
  std::uint64_t wrong = 0;
  const auto complain = [&](const std::string& what, const std::string& client,
                            std::string_view server) {
    if (++wrong <= 20)
      std::cerr << what << ": client " << mysql::printable(client) << ", server "
                << mysql::printable(server) << '\n';
  };
  while (rows.next(row)) {
    ++count;
    mysql::Row own;
    for (std::size_t i = 0; i < cells; ++i) {
      std::string client = "N";
      if (row.is_null(i)) {
        own.add_null();
      } else {
        own.add(row.cell(i));
        client.clear();
        mysql::append_encoding(client, types[i], row.cell(i));
      }
      ++values;
      if (client != row.cell(cells + i))
        complain(columns[i].column.name + " (" + columns[i].column.type + ")", client,
                 row.cell(cells + i));
    }
    const mysql::RowHash hash = hasher.hash(own);
    std::array<char, 33> hex{};
    std::snprintf(hex.data(), hex.size(), "%016llx%016llx",
                  static_cast<unsigned long long>(hash.high),
                  static_cast<unsigned long long>(hash.low));
    if (row.cell(2 * cells).substr(0, 32) != hex.data())
      complain("row hash", hex.data(), row.cell(2 * cells));
    const std::string crc = std::to_string(hasher.key_crc(own, 1));
    if (row.cell(2 * cells + 1) != crc) complain("key CRC-32", crc, row.cell(2 * cells + 1));
  }
  std::cout << count << " rows, " << values << " values of " << cells << " columns compared, "
            << wrong << " differ\n";
  wrong += rows_that_differ_as_text(session, options_for(argv[1]), columns);
  return wrong == 0 && count > 0 ? 0 : 1;
}
