#include "executor/reference_check.h"

#include <algorithm>
#include <set>

#include "mysql/mutant.h"
#include "mysql/quote.h"
#include "mysql/row_stream.h"
#include "planner/address.h"
#include "planner/change_values.h"
#include "planner/keys_compare.h"
#include "planner/select_sql.h"
#include "planner/statements.h"

namespace rowplan::executor {

namespace {

using mysql::ForeignKey;
using mysql::quote_name;
using mysql::quote_table;
using planner::Change;
using planner::Op;

/// Nobody may add or change such rows before the COMMIT. On MySQL, FOR UPDATE would want UPDATE or
/// DELETE on tables that are only looked at.
constexpr const char* kLocked = " LOCK IN SHARE MODE";

bool cascades(const ForeignKey& key, Op op) {
  const std::string& rule = op == Op::remove ? key.on_delete : key.on_update;
  return rule != "RESTRICT" && rule != "NO ACTION";
}

bool changes_column(const planner::TablePair& pair, const Change& change,
                    const std::vector<std::string>& columns) {
  for (const auto& [name, value] : change.after)
    for (const planner::PairColumn& column : pair.columns)
      if (column.name == name &&
          std::find(columns.begin(), columns.end(), column.target.name) != columns.end())
        return true;
  return false;
}

/// Join condition child = parent.
std::string joined(const ForeignKey& key) {
  std::string sql;
  for (std::size_t i = 0; i < key.child_columns.size(); ++i)
    sql += (i == 0 ? "c." : " AND c.") + quote_name(key.child_columns[i]) + "=p." +
           quote_name(key.parent_columns[i]);
  return sql;
}

/// "c.k=value AND ...": rows that refer to what the update makes of the row, too. Only of columns
/// that it changes; empty if none may be equal.
std::string refers_after(const planner::TablePair& pair, const Change& change,
                         const ForeignKey& key) {
  std::string sql;
  for (const planner::ColumnValue& value : planner::column_values(pair, change.after)) {
    const planner::PairColumn& column = pair.columns[value.column];
    for (std::size_t i = 0; i < key.parent_columns.size(); ++i) {
      if (planner::target_column(pair, key.parent_columns[i]) != value.column) continue;
      const auto cell = planner::cell_of(pair, value.column, *value.value);
      if (!cell) return "";
      sql += (sql.empty() ? "c." : " AND c.") + quote_name(key.child_columns[i]) + "=" +
             mysql::literal(column.type, *cell);
    }
  }
  return sql;
}

template <typename Visit>
void in_batches(const std::vector<mysql::Row>& keys, Visit visit) {
  for (std::size_t begin = 0; begin < keys.size(); begin += planner::kKeysAtOnce) {
    const auto from = keys.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto to = keys.begin() + static_cast<std::ptrdiff_t>(
                                       std::min(keys.size(), begin + planner::kKeysAtOnce));
    visit(std::vector<mysql::Row>(from, to));
  }
}

std::uint64_t count(mysql::Session& session, const std::string& sql, const std::string& doing) {
  return std::stoull(session.query(sql, doing).at(0).at(0).value_or("0"));
}

const TableWork* work_of(const UnitWork& unit, const mysql::TableName& name) {
  for (const TableWork& table : unit.tables)
    if (table.pair->target.name == name) return &table;
  return nullptr;
}

/// The rows whose reference by this key the unit writes: what they refer to then is looked at in
/// missing_parent().
std::set<std::string> written_children(const TableWork& child, const ForeignKey& key) {
  std::set<std::string> keys;
  for (const Change& change : child.changes) {
    if (change.op == Op::update && !changes_column(*child.pair, change, key.child_columns))
      continue;
    // Of equal rows some may stay.
    if (change.op == Op::remove && change.count < change.had) continue;
    keys.emplace(planner::before_identity(*child.pair, change).bytes());
    keys.emplace(planner::after_identity(*child.pair, change).bytes());
  }
  return keys;
}

/// Counts the rows that refer to a parent for which `parents` holds, and are not among `written`.
/// `kept`: AND NOT ..., of rows that need not go.
std::uint64_t count_staying(mysql::Session& target, const planner::TablePair& child,
                            const planner::TablePair& parent, const ForeignKey& key,
                            const std::string& parents, const std::string& kept,
                            const std::set<std::string>& written) {
  const std::vector<mysql::ReadColumn> columns =
      planner::read_columns(child, planner::Side::target, planner::Wanted::key);
  std::string list;
  for (const mysql::ReadColumn& column : columns)
    list += (list.empty() ? "" : ",") + column.expression;
  mysql::RowStream rows(target,
                        "SELECT " + list + " FROM " + quote_table(key.child.db, key.child.table) +
                            " c WHERE EXISTS (SELECT 1 FROM " +
                            quote_table(parent.target.name.db, parent.target.name.table) +
                            " p WHERE " + parents + " AND " + joined(key) + ")" + kept + kLocked,
                        columns, "looking for rows that refer to rows that go");
  std::uint64_t staying = 0;
  mysql::Row row;
  while (rows.next(row)) staying += written.count(std::string(row.bytes())) == 0 ? 1 : 0;
  return staying;
}

/// Counts the rows that refer to these parents; `where`: of them, or empty.
std::uint64_t count_children(mysql::Session& target, const planner::TablePair& parent,
                             const ForeignKey& key, const std::vector<mysql::Row>& parents,
                             const std::string& where) {
  // By a derived table of the parents, so that only the child's columns are bare.
  return count(target,
               "SELECT COUNT(*) FROM " + quote_table(key.child.db, key.child.table) +
                   " c JOIN (SELECT * FROM " +
                   quote_table(parent.target.name.db, parent.target.name.table) + " WHERE " +
                   planner::key_in(parent, planner::Side::target, parents) + ") p ON " +
                   joined(key) + where + kLocked,
               "counting rows that a cascade would reach");
}

}  // namespace

bool renames_referred(mysql::Session& target, const UnitWork& unit) {
  for (const TableWork& table : unit.tables) {
    const planner::TablePair& pair = *table.pair;
    for (const ForeignKey& key : pair.target.referenced_by)
      for (const Change& change : table.changes) {
        if (change.op != Op::update || !changes_column(pair, change, key.parent_columns)) continue;
        const std::string after = refers_after(pair, change, key);
        if (!after.empty() &&
            count_children(target, pair, key, {planner::before_identity(pair, change)},
                           " WHERE " + after) > 0)
          return true;
      }
  }
  return false;
}

std::optional<std::string> reached_by_cascade(mysql::Session& target, const UnitWork& unit,
                                              const TableWork& table,
                                              const std::vector<std::size_t>& changes,
                                              bool keys_off) {
  const planner::TablePair& pair = *table.pair;
  if (mysql::planted(mysql::Mutant::cascades_unchecked)) return std::nullopt;
  for (const ForeignKey& key : pair.target.referenced_by) {
    // Nothing cascades with the keys off, so rows that the unit writes itself have their own turn.
    const TableWork* child = keys_off ? work_of(unit, key.child) : nullptr;
    const std::set<std::string> written =
        child != nullptr ? written_children(*child, key) : std::set<std::string>();
    std::uint64_t rows = 0;
    const auto look = [&](const std::vector<mysql::Row>& parents, const std::string& kept) {
      rows += child != nullptr
                  ? count_staying(target, *child->pair, pair, key,
                                  planner::key_in(pair, planner::Side::target, parents),
                                  kept.empty() ? "" : " AND NOT (" + kept + ")", written)
                  : count_children(target, pair, key, parents,
                                   kept.empty() ? "" : " WHERE NOT (" + kept + ")");
    };
    std::vector<mysql::Row> parents;
    for (const std::size_t i : changes) {
      const Change& change = table.changes[i];
      const bool goes = change.op == Op::remove || changes_column(pair, change, key.parent_columns);
      if (!goes || !(keys_off || cascades(key, change.op))) continue;
      const bool renamed = keys_off && change.op == Op::update;
      if (renamed)
        look({planner::before_identity(pair, change)}, refers_after(pair, change, key));
      else
        parents.push_back(planner::before_identity(pair, change));
    }
    in_batches(parents, [&](const std::vector<mysql::Row>& batch) { look(batch, ""); });
    if (rows > 0)
      return std::to_string(rows) + " rows of " + planner::encode_table(key.child) +
             " that the plan does not name refer to it by '" + mysql::printable(key.name) + "'";
  }
  return std::nullopt;
}

std::optional<std::string> missing_parent(mysql::Session& target, const UnitWork& unit) {
  for (const TableWork& table : unit.tables) {
    const planner::TablePair& pair = *table.pair;
    std::vector<mysql::Row> written;
    for (const Change& change : table.changes)
      if (change.op != Op::remove) written.push_back(planner::after_identity(pair, change));
    for (const ForeignKey& key : pair.target.foreign_keys) {
      std::optional<std::string> missing;
      in_batches(written, [&](const std::vector<mysql::Row>& batch) {
        std::string not_null;
        for (const std::string& column : key.child_columns)
          not_null += " AND " + quote_name(column) + " IS NOT NULL";
        const std::string children =
            "(SELECT * FROM " + quote_table(pair.target.name.db, pair.target.name.table) +
            " WHERE " + planner::key_in(pair, planner::Side::target, batch) + not_null + ")";
        const std::uint64_t orphans =
            count(target,
                  "SELECT COUNT(*) FROM " + children + " c LEFT JOIN " +
                      quote_table(key.parent.db, key.parent.table) + " p ON " + joined(key) +
                      " WHERE p." + quote_name(key.parent_columns.at(0)) + " IS NULL" + kLocked,
                  "checking the parents of written rows");
        if (orphans > 0 && !missing)
          missing = std::to_string(orphans) + " written rows have no parent in " +
                    planner::encode_table(key.parent) + " (foreign key '" +
                    mysql::printable(key.name) + "')";
      });
      if (missing) return missing;
    }
  }
  return std::nullopt;
}

}  // namespace rowplan::executor
