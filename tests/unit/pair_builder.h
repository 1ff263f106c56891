// Table pairs and changes made by hand, for tests that need no server.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "planner/change.h"
#include "planner/table_pair.h"

namespace rowplan::planner::testing {

inline PlanValue text(std::string value) { return {PlanValue::Form::text, std::move(value), 0}; }
inline PlanValue number(std::int64_t value) { return text(std::to_string(value)); }
inline PlanValue hex(std::string bytes) { return {PlanValue::Form::hex, std::move(bytes), 0}; }
inline PlanValue null() { return {}; }

/// Both sides alike, unless a target's column is changed afterwards. The key's columns come first.
class PairBuilder {
 public:
  explicit PairBuilder(std::string table, std::string db = "db") {
    pair_.job.pair = "p";
    pair_.job.source = "a";
    pair_.job.target = "b";
    pair_.job.source_table = {db, table};
    pair_.job.target_table = {std::move(db), std::move(table)};
    pair_.job.address = "p/" + pair_.job.source_table.db + "." + pair_.job.source_table.table;
    pair_.source.kind = pair_.target.kind = "BASE TABLE";
    pair_.source.engine = pair_.target.engine = "InnoDB";
    pair_.source.name = pair_.job.source_table;
    pair_.target.name = pair_.job.target_table;
  }

  PairBuilder& integer(const std::string& name, bool nullable = false) {
    mysql::Column column = named(name, "int", mysql::TypeFamily::integer, nullable);
    return add(column, {mysql::CellKind::integer});
  }
  PairBuilder& text(const std::string& name, bool nullable = false) {
    mysql::Column column = named(name, "varchar", mysql::TypeFamily::text, nullable);
    column.length = 100;
    column.charset = "utf8mb4";
    column.collation = "utf8mb4_general_ci";
    return add(column, {mysql::CellKind::text});
  }
  PairBuilder& column(const std::string& name, mysql::TypeFamily family, mysql::CellType type) {
    return add(named(name, "", family, true), type);
  }
  /// The last column added, on the target.
  mysql::Column& last() { return pair_.columns.back().target; }

  /// The first `columns` are the primary key.
  PairBuilder& key(std::size_t columns = 1) {
    pair_.key_columns = columns;
    pair_.source_index = pair_.target_index = "PRIMARY";
    std::vector<std::string> names;
    for (std::size_t i = 0; i < columns; ++i) names.push_back(pair_.columns[i].target.name);
    return unique("PRIMARY", names);
  }
  PairBuilder& unique(const std::string& name, const std::vector<std::string>& columns) {
    pair_.target.indexes.push_back({name, true, true, columns});
    return *this;
  }
  PairBuilder& references(const std::vector<std::string>& columns, const std::string& parent,
                          const std::vector<std::string>& parent_columns) {
    pair_.target.foreign_keys.push_back(
        foreign_key(pair_.target.name.table, columns, parent, parent_columns));
    return *this;
  }
  PairBuilder& referenced_by(const std::string& child, const std::vector<std::string>& columns,
                             const std::vector<std::string>& own_columns) {
    pair_.target.referenced_by.push_back(
        foreign_key(child, columns, pair_.target.name.table, own_columns));
    return *this;
  }

  PairBuilder& via_source() {
    pair_.job.direction = Direction::via_source;
    return *this;
  }

  /// Copies the target's columns into its table.
  [[nodiscard]] TablePair build() const {
    TablePair pair = pair_;
    for (const PairColumn& column : pair.columns) {
      pair.source.columns.push_back(column.source);
      pair.target.columns.push_back(column.target);
    }
    return pair;
  }

 private:
  static mysql::Column named(const std::string& name, const std::string& type,
                             mysql::TypeFamily family, bool nullable) {
    mysql::Column column;
    column.name = name;
    column.type = column.data_type = type;
    column.family = family;
    column.nullable = nullable;
    return column;
  }
  [[nodiscard]] mysql::ForeignKey foreign_key(
      const std::string& child, const std::vector<std::string>& child_columns,
      const std::string& parent, const std::vector<std::string>& parent_columns) const {
    const std::string& db = pair_.target.name.db;
    return {"fk_" + child + "_" + parent,
            {db, child},
            child_columns,
            {db, parent},
            parent_columns,
            "RESTRICT",
            "RESTRICT"};
  }
  PairBuilder& add(const mysql::Column& column, mysql::CellType type) {
    pair_.columns.push_back({column.name, type, column, column, {}, {}});
    return *this;
  }

  TablePair pair_;
};

inline Change insert_of(std::vector<PlanValue> key, NamedValues after) {
  Change change;
  change.op = Op::insert;
  change.on = "b";
  change.chunk = 1;
  change.key = std::move(key);
  change.after = std::move(after);
  change.reason = "missing";
  return change;
}
inline Change update_of(std::vector<PlanValue> key, NamedValues before, NamedValues after) {
  Change change = insert_of(std::move(key), std::move(after));
  change.op = Op::update;
  change.before = std::move(before);
  change.reason = "differs";
  return change;
}
inline Change remove_of(std::vector<PlanValue> key, NamedValues before) {
  Change change = insert_of(std::move(key), {});
  change.op = Op::remove;
  change.before = std::move(before);
  change.reason = "extra";
  return change;
}

}  // namespace rowplan::planner::testing
