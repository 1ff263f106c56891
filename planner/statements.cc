#include "planner/statements.h"

#include <algorithm>
#include <cassert>

#include "mysql/mutant.h"
#include "mysql/quote.h"
#include "planner/keyless_statements.h"
#include "planner/select_sql.h"
#include "planner/value_guard.h"

namespace rowplan::planner {

namespace {

std::string table_of(const TablePair& pair) {
  return mysql::quote_table(pair.target.name.db, pair.target.name.table);
}

std::string name_of(const TablePair& pair, std::size_t column) {
  return mysql::quote_name(pair.columns[column].target.name);
}

std::string literal_of(const TablePair& pair, std::size_t column, const PlanValue& value,
                       LongValues* long_values = nullptr) {
  const auto cell = cell_of(pair, column, value);
  if (!cell) return "NULL";
  const mysql::CellType& type = pair.columns[column].type;
  if (long_values == nullptr || cell->size() < kLongValueBytes) return mysql::literal(type, *cell);
  mysql::Shown shown = mysql::show(type, *cell);
  long_values->push_back({std::move(shown.data), shown.text});
  return "?";
}

mysql::Row required_key(const TablePair& pair, const Change& change) {
  assert(!pair.is_keyless());
  return before_identity(pair, change);
}

const Parked* parked_column(std::span<const Parked> parked, std::size_t column) {
  const auto found = std::find_if(parked.begin(), parked.end(),
                                  [&](const Parked& park) { return park.column == column; });
  return found == parked.end() ? nullptr : &*found;
}

/// The row's key, as it is while some of its columns may be parked.
std::string key_condition(const TablePair& pair, const Change& change,
                          std::span<const Parked> parked) {
  const mysql::Row key = required_key(pair, change);
  const bool moved = std::any_of(parked.begin(), parked.end(), [&](const Parked& park) {
    return park.column < pair.key_columns;
  });
  if (!moved) return key_equals(pair, Side::target, key);
  std::string sql;
  for (std::size_t i = 0; i < pair.key_columns; ++i) {
    const Parked* park = parked_column(parked, i);
    if (i > 0) sql += " AND ";
    sql += name_of(pair, i) + "=" +
           (park != nullptr ? park->literal.value()
                            : mysql::literal(pair.columns[i].type, key.cell(i)));
  }
  return sql;
}

std::string row_condition(const TablePair& pair, const Change& change, const RowTerms& terms) {
  std::string sql = " WHERE " + key_condition(pair, change, terms.parked);
  if (terms.guard == Guard::none) return sql;
  for (const ColumnValue& old : column_values(pair, change.before)) {
    if (const Parked* park = parked_column(terms.parked, old.column)) {
      sql += " AND " + name_of(pair, old.column) +
             (park->literal ? "<=>" + *park->literal : " IS NULL");
      continue;
    }
    const std::string guard =
        value_guard(pair.columns[old.column], cell_of(pair, old.column, *old.value));
    if (!guard.empty()) sql += " AND " + guard;
  }
  return sql;
}

/// Collects rows into statements.
class Batcher {
 public:
  using Build = std::function<std::string(Changes)>;

  Batcher(std::size_t head_bytes, const StatementLimits& limits, Build build,
          const std::function<void(const Statement&)>& sink)
      : head_bytes_(head_bytes), limits_(limits), build_(std::move(build)), sink_(sink) {}

  /// `bytes`: that the row adds to a statement, at most.
  void add(const Change& change, std::size_t bytes, bool lenient) {
    const bool full = rows_.size() >= std::max<std::size_t>(limits_.rows, 1) ||
                      head_bytes_ + bytes_ + bytes > limits_.bytes;
    if (!rows_.empty() && (full || lenient != lenient_)) flush();
    rows_.push_back(&change);
    bytes_ += bytes;
    lenient_ = lenient;
  }

  void flush() {
    if (rows_.empty()) return;
    sink_({build_(rows_), rows_.size(), lenient_, {}});
    rows_.clear();
    bytes_ = 0;
  }

 private:
  std::size_t head_bytes_;
  StatementLimits limits_;
  Build build_;
  const std::function<void(const Statement&)>& sink_;
  std::vector<const Change*> rows_;
  std::size_t bytes_ = 0;
  bool lenient_ = false;
};

}  // namespace

std::string insert_head(const TablePair& pair) {
  const bool replaces = mysql::planted(mysql::Mutant::replace_for_insert);
  std::string sql = (replaces ? "REPLACE INTO " : "INSERT INTO ") + table_of(pair) + " (";
  for (std::size_t i = 0; i < pair.columns.size(); ++i) {
    if (i > 0) sql += ',';
    sql += name_of(pair, i);
  }
  return sql + ")";
}

std::string row_values(const TablePair& pair, const Change& change, LongValues* long_values) {
  assert(change.op == Op::insert);
  std::vector<const PlanValue*> values(pair.columns.size());
  for (const ColumnValue& written : column_values(pair, change.after))
    values[written.column] = written.value;
  if (std::find(values.begin(), values.end(), nullptr) != values.end())
    throw change_error(pair, "an insert lacks a column");
  std::string sql;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) sql += ',';
    sql += literal_of(pair, i, *values[i], long_values);
  }
  return sql;
}

std::string insert_statement(const TablePair& pair, Changes changes) {
  std::string sql = insert_head(pair) + " VALUES ";
  for (std::size_t i = 0; i < changes.size(); ++i)
    sql += (i == 0 ? "(" : ",(") + row_values(pair, *changes[i]) + ")";
  return sql;
}

std::string insert_if_absent(const TablePair& pair, const Change& change) {
  return insert_head(pair) + " SELECT " + row_values(pair, change) +
         " FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM " + table_of(pair) + " WHERE " +
         key_equals(pair, Side::target, required_key(pair, change)) + ")";
}

std::string insert_if_free(const TablePair& pair, const Change& change) {
  std::string sql = insert_if_absent(pair, change);
  std::vector<const PlanValue*> values(pair.columns.size());
  for (const ColumnValue& written : column_values(pair, change.after))
    values[written.column] = written.value;
  for (const mysql::Index& index : pair.target.indexes) {
    if (!index.unique || !index.usable || index.name == pair.target_index) continue;
    std::string held;
    bool known = true;
    for (const std::string& name : index.columns) {
      const auto column = target_column(pair, name);
      // A NULL is no duplicate of anything; what is not written is not known.
      known = known && column && values[*column]->form != PlanValue::Form::null;
      if (!known) break;
      held += (held.empty() ? "" : " AND ") + name_of(pair, *column) + "=" +
              literal_of(pair, *column, *values[*column]);
    }
    if (known) sql += " AND NOT EXISTS (SELECT 1 FROM " + table_of(pair) + " WHERE " + held + ")";
  }
  return sql;
}

std::string delete_statement(const TablePair& pair, Changes changes) {
  std::vector<mysql::Row> keys;
  keys.reserve(changes.size());
  for (const Change* change : changes) keys.push_back(required_key(pair, *change));
  return "DELETE FROM " + table_of(pair) + " WHERE " + key_in(pair, Side::target, keys);
}

std::string delete_statement(const TablePair& pair, const Change& change, const RowTerms& terms) {
  assert(change.op == Op::remove);
  return "DELETE FROM " + table_of(pair) + row_condition(pair, change, terms);
}

std::string keep_stamps(const TablePair& pair, const std::vector<std::size_t>& written) {
  std::string sql;
  for (const mysql::Column& column : pair.target.columns) {
    if (!column.on_update_now || column.generated) continue;
    // The statement must mean something on the source, too.
    if (pair.job.via_source() && pair.source.column(column.name) == nullptr) continue;
    const auto is_this = [&](std::size_t i) { return pair.columns[i].target.name == column.name; };
    if (std::any_of(written.begin(), written.end(), is_this)) continue;
    const std::string name = mysql::quote_name(column.name);
    sql += "," + name + "=" + name;
  }
  return sql;
}

std::string update_statement(const TablePair& pair, const Change& change, const RowTerms& terms,
                             LongValues* long_values) {
  assert(change.op == Op::update);
  std::string sql = "UPDATE " + table_of(pair) + " SET ";
  std::vector<std::size_t> written;
  for (const ColumnValue& value : column_values(pair, change.after)) {
    if (!written.empty()) sql += ',';
    sql += name_of(pair, value.column) + "=" +
           literal_of(pair, value.column, *value.value, long_values);
    written.push_back(value.column);
  }
  if (written.empty()) throw change_error(pair, "an update writes no column");
  return sql + keep_stamps(pair, written) + row_condition(pair, change, terms);
}

std::string park_statement(const TablePair& pair, const Change& change, const Parked& park,
                           const RowTerms& terms) {
  return "UPDATE " + table_of(pair) + " SET " + name_of(pair, park.column) + "=" +
         park.literal.value_or("NULL") + keep_stamps(pair, {park.column}) +
         row_condition(pair, change, terms);
}

bool needs_lenient_mode(const TablePair& pair, const Change& change) {
  for (const ColumnValue& written : column_values(pair, change.after)) {
    const mysql::CellType& type = pair.columns[written.column].type;
    if (type.kind != mysql::CellKind::label) continue;
    const auto cell = cell_of(pair, written.column, *written.value);
    if (cell && mysql::needs_lenient_mode(type, *cell)) return true;
  }
  return false;
}

void batch_inserts(const TablePair& pair, Changes changes, const StatementLimits& limits,
                   const std::function<void(const Statement&)>& sink) {
  const std::string head = insert_head(pair) + " VALUES ";
  std::vector<std::string> rows;  // of the statement under way, so that each is built once
  const auto build = [&](Changes /*batch*/) {
    std::string sql = head;
    for (const std::string& row : rows) sql += row;
    sql.pop_back();
    rows.clear();
    return sql;
  };
  Batcher batcher(head.size(), limits, build, sink);
  for (const Change* change : changes) {
    const std::string row = "(" + row_values(pair, *change) + "),";
    const bool lenient = needs_lenient_mode(pair, *change);
    for (std::uint64_t copy = 0; copy < change->rows(); ++copy) {
      if (head.size() + row.size() > limits.bytes) {
        batcher.flush();
        LongValues long_values;
        const std::string sql = head + "(" + row_values(pair, *change, &long_values) + ")";
        sink({sql, 1, lenient, std::move(long_values)});
        continue;
      }
      batcher.add(*change, row.size(), lenient);
      rows.push_back(row);
    }
  }
  batcher.flush();
}

void batch_deletes(const TablePair& pair, Changes changes, const StatementLimits& limits,
                   const std::function<void(const Statement&)>& sink) {
  if (pair.is_keyless()) {
    for (const Change* change : changes) sink({delete_copies(pair, *change), change->count});
    return;
  }
  const auto build = [&](Changes batch) { return delete_statement(pair, batch); };
  const std::size_t head_bytes = table_of(pair).size() + name_of(pair, 0).size() + 64;
  Batcher batcher(head_bytes, limits, build, sink);
  constexpr std::size_t kSeparatorBytes = 8;  // " OR (" and ")"
  for (const Change* change : changes) {
    const std::string key = key_equals(pair, Side::target, required_key(pair, *change));
    const std::size_t name_bytes = pair.key_columns == 1 ? name_of(pair, 0).size() : 0;
    batcher.add(*change, key.size() - name_bytes + kSeparatorBytes, false);
  }
  batcher.flush();
}

}  // namespace rowplan::planner
