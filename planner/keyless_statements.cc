#include "planner/keyless_statements.h"

#include <cassert>

#include "mysql/quote.h"
#include "planner/change_values.h"
#include "planner/select_sql.h"
#include "planner/statements.h"

namespace rowplan::planner {

namespace {

std::string table_of(const TablePair& pair) {
  return mysql::quote_table(pair.target.name.db, pair.target.name.table);
}

/// Rows outside the filter may be equal in what is compared, and are none of ours.
std::string row_condition(const TablePair& pair, const Change& change) {
  const std::string filter = filter_of(pair, Side::target);
  return key_equals(pair, Side::target, whole_row(pair, change)) +
         (filter.empty() ? "" : " AND " + filter);
}

/// In a derived table: a DELETE may not ask the table itself.
std::string had(const TablePair& pair, const Change& change) {
  return std::to_string(change.had) + "=(SELECT n FROM (SELECT COUNT(*) AS n FROM " +
         table_of(pair) + " WHERE " + row_condition(pair, change) + ") AS copies)";
}

/// A source of at least `rows` rows, and a LIMIT.
std::string repeated(std::uint64_t rows) {
  std::string sql = "(SELECT 1) AS d0";
  std::uint64_t factors = 0;
  for (std::uint64_t reached = 1; reached < rows; reached *= 2)
    sql += ",(SELECT 1 UNION ALL SELECT 1) AS d" + std::to_string(++factors);
  return sql;
}

}  // namespace

std::string delete_copies(const TablePair& pair, const Change& change) {
  assert(change.op == Op::remove && change.count > 0);
  return "DELETE FROM " + table_of(pair) + " WHERE " + row_condition(pair, change) + " LIMIT " +
         std::to_string(change.count);
}

std::string delete_copies_if_had(const TablePair& pair, const Change& change) {
  assert(change.op == Op::remove && change.count > 0);
  return "DELETE FROM " + table_of(pair) + " WHERE " + row_condition(pair, change) + " AND " +
         had(pair, change) + " LIMIT " + std::to_string(change.count);
}

std::string insert_copies_if_had(const TablePair& pair, const Change& change) {
  assert(change.op == Op::insert && change.count > 0);
  return insert_head(pair) + " SELECT " + row_values(pair, change) + " FROM " +
         repeated(change.count) + " WHERE " + had(pair, change) + " LIMIT " +
         std::to_string(change.count);
}

}  // namespace rowplan::planner
