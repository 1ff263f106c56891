#include "planner/select_sql.h"

#include <cassert>

#include "mysql/mutant.h"
#include "mysql/quote.h"
#include "planner/column_types.h"
#include "planner/soft_deletes.h"
#include "planner/value_guard.h"
#include "planner/watermark_column.h"

namespace rowplan::planner {

namespace {

std::string column_name(const TablePair& pair, Side side, std::size_t i) {
  return mysql::quote_name(pair.columns[i].column(side).name);
}

std::string value_of(const TablePair& pair, const mysql::Row& row, std::size_t i) {
  return mysql::literal(pair.columns[i].type, row.cell(i));
}

std::string select_list(const TablePair& pair, Side side, Wanted wanted) {
  std::string list;
  for (const mysql::ReadColumn& read : read_columns(pair, side, wanted))
    list += (list.empty() ? "" : ",") + read.expression;
  return list;
}

std::string table_of(const TablePair& pair, Side side) {
  const mysql::TableName& name = pair.table(side).name;
  return mysql::quote_table(name.db, name.table);
}

std::string from(const TablePair& pair, Side side, bool by_index) {
  std::string sql = " FROM " + table_of(pair, side);
  const std::string& index = side == Side::source ? pair.source_index : pair.target_index;
  if (by_index) sql += " FORCE INDEX (" + mysql::quote_name(index) + ")";
  return sql;
}

std::string where_all(const std::vector<std::string>& conditions) {
  std::string sql;
  for (const std::string& condition : conditions)
    if (!condition.empty()) sql += (sql.empty() ? " WHERE " : " AND ") + condition;
  return sql;
}

/// (a, b) beyond the bound, written out, because a row comparison reads the whole index:
/// a > x OR (a = x AND b > y); with `inclusive` the last is >=.
std::string beyond(const TablePair& pair, Side side, const mysql::Row& bound, const char* than,
                   bool inclusive) {
  const std::size_t columns = pair.key_columns;
  std::string sql;
  for (std::size_t i = columns; i-- > 0;) {
    const std::string name = column_name(pair, side, i);
    const std::string value = value_of(pair, bound, i);
    const bool last = i + 1 == columns;
    const std::string here = name + than + (last && inclusive ? "=" : "") + value;
    sql = last ? here : "(" + here + " OR (" + name + "=" + value + " AND " + sql + "))";
  }
  return sql;
}

const char* lock_clause(Locking locking) {
  return locking == Locking::for_update ? " FOR UPDATE" : "";
}

std::string order_by_bytes(const TablePair& pair, Side side) {
  std::string order;
  for (std::size_t i = 0; i < pair.key_columns; ++i) {
    const PairColumn& column = pair.columns[i];
    order +=
        (i == 0 ? " ORDER BY " : ",") + byte_order_expression(column.column(side), column.type);
  }
  return order;
}

/// Guards, because a whole row may hold NULL, and values that a server takes for equal to others.
std::string row_equals(const TablePair& pair, const mysql::Row& row) {
  assert(!pair.columns.empty());
  std::string sql;
  for (std::size_t i = 0; i < pair.columns.size(); ++i) {
    const std::string guard = value_guard(
        pair.columns[i], row.is_null(i) ? std::nullopt : std::optional(std::string(row.cell(i))));
    assert(!guard.empty());  // a pair with such a column is not compared
    sql += (i == 0 ? "" : " AND ") + guard;
  }
  return sql;
}

}  // namespace

std::string filter_of(const TablePair& pair, Side side) {
  // In parentheses: it may hold an OR.
  const TableOptions& options = pair.job.options;
  std::string sql = options.where.empty() ? "" : "(" + options.where + ")";
  const auto add = [&](const std::string& condition) {
    if (!condition.empty()) sql += (sql.empty() ? "" : " AND ") + condition;
  };
  if (options.incremental && options.incremental->initial)
    add(in_window(pair, options.incremental->initial, {}));
  if (side == Side::source) add(not_soft_deleted(pair));
  return sql;
}

std::vector<mysql::ReadColumn> read_columns(const TablePair& pair, Side side, Wanted wanted) {
  std::vector<mysql::ReadColumn> columns;
  const std::size_t count = wanted == Wanted::all ? pair.columns.size() : pair.identity_columns();
  for (std::size_t i = 0; i < count; ++i) columns.push_back(pair.columns[i].read(side));
  return columns;
}

mysql::Row key_of(const TablePair& pair, const mysql::Row& row) {
  if (pair.is_keyless()) return row;
  mysql::Row key;
  for (std::size_t i = 0; i < pair.key_columns; ++i) key.add(row.cell(i));
  return key;
}

std::string in_range(const TablePair& pair, Side side, const KeyRange& range) {
  std::string sql;
  const auto add = [&](const std::string& condition) {
    sql += (sql.empty() ? "" : " AND ") + condition;
  };
  const std::string first = column_name(pair, side, 0);
  if (range.low) {
    if (pair.key_columns > 1) add(first + ">=" + value_of(pair, *range.low, 0));
    const bool included = mysql::planted(mysql::Mutant::low_bound_included);
    add(beyond(pair, side, *range.low, ">", included));
  }
  if (range.high) {
    if (pair.key_columns > 1) add(first + "<=" + value_of(pair, *range.high, 0));
    add(beyond(pair, side, *range.high, "<", true));
  }
  return sql;
}

std::string at_most(const TablePair& pair, Side side, const mysql::Row& bound) {
  return beyond(pair, side, bound, "<", true);
}

std::string order_by_key(const TablePair& pair, Side side) {
  std::string sql;
  for (std::size_t i = 0; i < pair.key_columns; ++i)
    sql += (i == 0 ? " ORDER BY " : ",") + column_name(pair, side, i);
  return sql;
}

std::string from_by_key(const TablePair& pair, Side side) { return from(pair, side, true); }

std::string select_range(const TablePair& pair, Side side, const KeyRange& range, Locking locking) {
  assert(!pair.is_keyless() || (!range.low && !range.high));
  // A scan of a whole secondary index would look every row up; the server may sort instead.
  const std::string& index = side == Side::source ? pair.source_index : pair.target_index;
  const bool by_index = index == "PRIMARY" || range.low || range.high;
  return "SELECT " + select_list(pair, side, Wanted::all) + from(pair, side, by_index) +
         where_all({filter_of(pair, side), in_range(pair, side, range)}) +
         order_by_key(pair, side) + lock_clause(locking);
}

std::string select_all_by_bytes(const TablePair& pair, Side side, Locking locking) {
  return "SELECT " + select_list(pair, side, Wanted::all) + from(pair, side, false) +
         where_all({filter_of(pair, side)}) + order_by_bytes(pair, side) +
         (locking == Locking::for_update ? " FOR UPDATE" : "");
}

std::string key_equals(const TablePair& pair, Side side, const mysql::Row& key) {
  if (pair.is_keyless()) {
    assert(side == Side::target);
    return row_equals(pair, key);
  }
  std::string sql;
  for (std::size_t i = 0; i < pair.key_columns; ++i)
    sql += (i == 0 ? "" : " AND ") + column_name(pair, side, i) + "=" + value_of(pair, key, i);
  return sql;
}

std::string key_in(const TablePair& pair, Side side, const std::vector<mysql::Row>& keys) {
  std::string sql;
  if (pair.key_columns == 1) {
    for (const mysql::Row& key : keys) sql += (sql.empty() ? "" : ",") + value_of(pair, key, 0);
    return column_name(pair, side, 0) + " IN (" + sql + ")";
  }
  for (const mysql::Row& key : keys)
    sql += (sql.empty() ? "(" : " OR (") + key_equals(pair, side, key) + ")";
  return "(" + sql + ")";
}

std::string select_keys(const TablePair& pair, Side side, const std::vector<mysql::Row>& keys,
                        bool filtered, Locking locking, Wanted wanted) {
  return "SELECT " + select_list(pair, side, wanted) + from(pair, side, true) +
         where_all({filtered ? filter_of(pair, side) : "", key_in(pair, side, keys)}) +
         lock_clause(locking);
}

std::string select_keys_in_order(const TablePair& pair, Side side,
                                 const std::vector<mysql::Row>& keys) {
  return select_keys(pair, side, keys, true, Locking::none) + order_by_key(pair, side);
}

std::string select_window(const TablePair& pair, Instant low, Instant high) {
  const std::string filter = filter_of(pair, Side::source);
  std::string sql = "SELECT " + select_list(pair, Side::source, Wanted::all) +
                    (filter.empty() ? "" : ",IF(" + filter + ",1,0)") + " FROM " +
                    table_of(pair, Side::source) + " FORCE INDEX (" +
                    mysql::quote_name(stamp_index(pair)) + ") WHERE " + in_window(pair, low, high);
  return sql +
         (pair.index_order ? order_by_key(pair, Side::source) : order_by_bytes(pair, Side::source));
}

std::string select_window_keys(const TablePair& pair, Instant low, Instant high,
                               const std::optional<mysql::Row>& after, std::uint64_t rows) {
  return "SELECT " + select_list(pair, Side::source, Wanted::key) + " FROM " +
         table_of(pair, Side::source) + " FORCE INDEX (" + mysql::quote_name(stamp_index(pair)) +
         ")" +
         where_all({in_window(pair, low, high),
                    after ? in_range(pair, Side::source, {after, std::nullopt}) : ""}) +
         order_by_key(pair, Side::source) + " LIMIT " + std::to_string(rows);
}

std::string select_tombstones(const TablePair& pair, Instant low, Instant high, Page page) {
  // Their columns have the names and types of the source's.
  const mysql::Table& table = pair.tombstones.value();
  const mysql::Column* time = table.column(pair.job.options.incremental.value().column);
  std::vector<std::string> conditions = {in_window(pair, low, high)};
  for (std::size_t i = 0; i < pair.key_columns; ++i)
    conditions.push_back(column_name(pair, Side::source, i) + " IS NOT NULL");
  return "SELECT " + select_list(pair, Side::source, Wanted::key) + " FROM " +
         mysql::quote_table(table.name.db, table.name.table) + " FORCE INDEX (" +
         mysql::quote_name(index_by(table, *time)) + ")" + where_all(conditions) +
         (pair.index_order ? order_by_key(pair, Side::source)
                           : order_by_bytes(pair, Side::source)) +
         " LIMIT " + std::to_string(page.rows) + " OFFSET " + std::to_string(page.offset);
}

std::string select_equal_keys(const TablePair& pair, Side side, const std::vector<mysql::Row>& keys,
                              bool filtered) {
  std::string sql;
  for (std::size_t i = 0; i < keys.size(); ++i)
    sql += (i == 0 ? "(SELECT " : " UNION ALL (SELECT ") + std::to_string(i) + "," +
           select_list(pair, side, Wanted::key) + from(pair, side, true) +
           where_all({filtered ? filter_of(pair, side) : "", key_equals(pair, side, keys[i])}) +
           ")";
  return sql;
}

}  // namespace rowplan::planner
