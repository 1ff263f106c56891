#include "planner/update_batches.h"

#include <algorithm>
#include <cassert>
#include <map>

#include "mysql/quote.h"
#include "planner/select_sql.h"

namespace rowplan::planner {

namespace {

bool is_expressible(const PairColumn& column) {
  switch (column.target.family) {
    case mysql::TypeFamily::geometry:
    case mysql::TypeFamily::vector:
    case mysql::TypeFamily::json:
    case mysql::TypeFamily::bit:
    case mysql::TypeFamily::unknown:
      return false;
    default:
      return true;
  }
}

/// Text goes as text, which the server converts; what is no text goes as bytes, and the two do not
/// mix in one expression.
bool is_mixable(const PairColumn& column, const std::string& cell) {
  if (column.type.kind != mysql::CellKind::text && column.type.kind != mysql::CellKind::tagged_text)
    return true;
  return mysql::literal(column.type, cell).front() != 'x';
}

/// The positions of the columns that a change writes, as a text that tells them apart.
std::string columns_of(const TablePair& pair, const Change& change) {
  std::string columns;
  for (const ColumnValue& value : column_values(pair, change.after))
    columns += std::to_string(value.column) + ",";
  return columns;
}

}  // namespace

UpdateBatches::UpdateBatches(const TablePair& pair)
    : pair_(pair), single_(pair.columns.size(), false) {
  const auto mark = [&](const std::vector<std::string>& names) {
    for (const std::string& name : names)
      if (const auto column = target_column(pair, name)) single_[*column] = true;
  };
  for (const mysql::Index& index : pair.target.indexes)
    if (index.unique) mark(index.columns);
  for (const mysql::ForeignKey& key : pair.target.foreign_keys)
    mark(mysql::checked_columns(pair.target, key));
  for (const mysql::ForeignKey& key : pair.target.referenced_by) mark(key.parent_columns);
  for (std::size_t i = 0; i < pair.columns.size(); ++i)
    if (i < pair.key_columns || !is_expressible(pair.columns[i])) single_[i] = true;
}

bool UpdateBatches::may_join(const Change& change) const {
  if (change.op != Op::update || change.reason == "filter_moved" || pair_.is_keyless() ||
      needs_lenient_mode(pair_, change))
    return false;
  const std::vector<ColumnValue> written = column_values(pair_, change.after);
  return std::all_of(written.begin(), written.end(), [&](const ColumnValue& value) {
    if (single_[value.column]) return false;
    if (value.value->data.size() >= kLongValueBytes) return false;
    const auto cell = cell_of(pair_, value.column, *value.value);
    return !cell || is_mixable(pair_.columns[value.column], *cell);
  });
}

std::string UpdateBatches::statement(Changes changes) const {
  assert(!changes.empty());
  std::vector<std::string> assignments;  // of each column, growing row by row
  std::vector<std::size_t> columns;
  std::vector<mysql::Row> keys;
  for (const ColumnValue& value : column_values(pair_, changes[0]->after)) {
    columns.push_back(value.column);
    assignments.push_back(mysql::quote_name(pair_.columns[value.column].target.name) + "=CASE");
  }
  for (const Change* change : changes) {
    const mysql::Row key = before_identity(pair_, *change);
    // Not CASE key WHEN value, which some types compare otherwise than WHERE does.
    const std::string when = " WHEN " + key_equals(pair_, Side::target, key) + " THEN ";
    const std::vector<ColumnValue> written = column_values(pair_, change->after);
    assert(written.size() == columns.size());
    for (std::size_t i = 0; i < written.size(); ++i) {
      const auto cell = cell_of(pair_, columns[i], *written[i].value);
      assignments[i] += when;
      assignments[i] += cell ? mysql::literal(pair_.columns[columns[i]].type, *cell) : "NULL";
    }
    keys.push_back(key);
  }
  std::string sql =
      "UPDATE " + mysql::quote_table(pair_.target.name.db, pair_.target.name.table) + " SET ";
  for (std::size_t i = 0; i < assignments.size(); ++i)
    sql += (i == 0 ? "" : ",") + assignments[i] + " END";
  return sql + keep_stamps(pair_, columns) + " WHERE " + key_in(pair_, Side::target, keys);
}

void UpdateBatches::write(Changes changes, const StatementLimits& limits,
                          const std::function<void(const Statement&)>& sink) const {
  std::map<std::string, std::vector<const Change*>> by_columns;
  for (const Change* change : changes) by_columns[columns_of(pair_, *change)].push_back(change);
  const std::size_t rows = std::min(limits.rows, kUpdateRowsMax);
  for (const auto& [columns, group] : by_columns)
    for (std::size_t begin = 0; begin < group.size(); begin += rows) {
      const std::size_t count = std::min(rows, group.size() - begin);
      std::string sql = statement({group.data() + begin, count});
      if (count == 1 || sql.size() <= limits.bytes) {
        sink({std::move(sql), count, false, {}});
        continue;
      }
      for (std::size_t i = begin; i < begin + count; ++i)
        sink({statement({group.data() + i, 1}), 1, false, {}});
    }
}

}  // namespace rowplan::planner
