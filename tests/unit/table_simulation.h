// Tables in memory that check unique indexes and foreign keys after every row written, as InnoDB
// does.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "planner/change_values.h"
#include "planner/unit_steps.h"

namespace rowplan::planner::testing {

using SimulatedValue = std::optional<std::string>;
using SimulatedRow = std::vector<SimulatedValue>;  // in the order of the pair's columns

/// For columns of integers and texts, whose parked literals are their text (quoted for a text).
class TableSimulation {
 public:
  struct Table {
    const TablePair* pair = nullptr;
    std::vector<SimulatedRow> rows;
  };

  explicit TableSimulation(std::vector<Table> tables) : tables_(std::move(tables)) {}

  /// What went wrong first; nullopt: nothing.
  [[nodiscard]] std::optional<std::string> apply(const std::vector<UnitTable>& unit,
                                                 const UnitSteps& steps) {
    for (std::size_t number = 0; number < steps.steps.size(); ++number) {
      const Step& step = steps.steps[number];
      for (const std::size_t at : step.changes) {
        auto problem = write(step, unit[step.table].changes[at]);
        if (!problem) problem = broken_index(step.table);
        if (!problem && !steps.foreign_keys_off) problem = broken_reference();
        if (problem) return "step " + std::to_string(number) + ": " + *problem;
      }
    }
    return broken_reference();
  }

  [[nodiscard]] const std::vector<Table>& tables() const { return tables_; }

 private:
  static SimulatedValue value_of(const PlanValue& value) {
    return value.form == PlanValue::Form::null ? SimulatedValue() : SimulatedValue(value.data);
  }

  static SimulatedValue value_of(const Parked& parked) {
    if (!parked.literal || parked.literal->front() != '\'') return parked.literal;
    return parked.literal->substr(1, parked.literal->size() - 2);
  }

  static void set(const TablePair& pair, const NamedValues& values, SimulatedRow& row) {
    for (const ColumnValue& value : column_values(pair, values))
      row[value.column] = value_of(*value.value);
  }

  std::optional<std::string> write(const Step& step, const Change& change) {
    Table& table = tables_[step.table];
    const TablePair& pair = *table.pair;
    if (step.kind == Step::Kind::insert) {
      SimulatedRow row(pair.columns.size());
      set(pair, change.after, row);
      table.rows.push_back(std::move(row));
      return std::nullopt;
    }
    SimulatedRow expected(pair.columns.size());
    for (std::size_t i = 0; i < pair.key_columns; ++i) expected[i] = value_of((*change.key)[i]);
    for (const Parked& parked : step.parked) expected[parked.column] = value_of(parked);
    const auto has_key = [&](const SimulatedRow& row) {
      return std::equal(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(pair.key_columns),
                        expected.begin());
    };
    const auto row = std::find_if(table.rows.begin(), table.rows.end(), has_key);
    if (row == table.rows.end()) return "no row to write";
    expected = *row;
    set(pair, change.before, expected);
    for (const Parked& parked : step.parked) expected[parked.column] = value_of(parked);
    if (*row != expected) return "the row does not hold its old values";
    if (step.kind == Step::Kind::remove)
      table.rows.erase(row);
    else if (step.kind == Step::Kind::park)
      (*row)[step.park->column] = value_of(*step.park);
    else
      set(pair, change.after, *row);
    return std::nullopt;
  }

  static std::optional<SimulatedRow> tuple(const TablePair& pair, const SimulatedRow& row,
                                           const std::vector<std::string>& columns) {
    SimulatedRow values;
    for (const std::string& column : columns) {
      values.push_back(row[target_column(pair, column).value()]);
      if (!values.back()) return std::nullopt;
    }
    return values;
  }

  [[nodiscard]] std::optional<std::string> broken_index(std::size_t number) const {
    const Table& table = tables_[number];
    for (const mysql::Index& index : table.pair->target.indexes) {
      std::map<SimulatedRow, int> seen;
      for (const SimulatedRow& row : table.rows) {
        const auto values = tuple(*table.pair, row, index.columns);
        if (values && ++seen[*values] > 1) return "duplicate entry in " + index.name;
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<std::string> broken_reference() const {
    for (const Table& child : tables_) {
      for (const mysql::ForeignKey& key : child.pair->target.foreign_keys) {
        for (const Table& parent : tables_) {
          if (parent.pair->target.name != key.parent) continue;
          std::map<SimulatedRow, bool> parents;
          for (const SimulatedRow& row : parent.rows)
            if (const auto values = tuple(*parent.pair, row, key.parent_columns))
              parents[*values] = true;
          for (const SimulatedRow& row : child.rows) {
            const auto values = tuple(*child.pair, row, key.child_columns);
            if (values && parents.count(*values) == 0) return "an orphan by " + key.name;
          }
        }
      }
    }
    return std::nullopt;
  }

  std::vector<Table> tables_;
};

/// The changes that make `before` equal `after`, by key, in the order of the keys' text.
[[nodiscard]] inline std::vector<Change> changes_between(const TablePair& pair,
                                                         const std::vector<SimulatedRow>& before,
                                                         const std::vector<SimulatedRow>& after) {
  const auto plan_value = [](const SimulatedValue& value) {
    return value ? PlanValue{PlanValue::Form::text, *value, 0} : PlanValue();
  };
  const auto by_key = [&](const std::vector<SimulatedRow>& rows) {
    std::map<SimulatedRow, SimulatedRow> sorted;
    for (const SimulatedRow& row : rows)
      sorted[{row.begin(), row.begin() + static_cast<std::ptrdiff_t>(pair.key_columns)}] = row;
    return sorted;
  };
  const auto old_rows = by_key(before);
  const auto new_rows = by_key(after);
  auto keys = old_rows;
  keys.insert(new_rows.begin(), new_rows.end());
  std::vector<Change> changes;
  for (const auto& [key, ignored] : keys) {
    const auto old_row = old_rows.find(key);
    const auto new_row = new_rows.find(key);
    Change change;
    change.op = old_row == old_rows.end()   ? Op::insert
                : new_row == new_rows.end() ? Op::remove
                                            : Op::update;
    change.key.emplace();
    for (const SimulatedValue& value : key) change.key->push_back(plan_value(value));
    for (std::size_t i = 0; i < pair.columns.size(); ++i) {
      if (change.op == Op::update && old_row->second[i] == new_row->second[i]) continue;
      const std::string& name = pair.columns[i].name;
      if (change.op != Op::insert) change.before.emplace_back(name, plan_value(old_row->second[i]));
      if (change.op != Op::remove) change.after.emplace_back(name, plan_value(new_row->second[i]));
    }
    if (change.op != Op::update || !change.after.empty()) changes.push_back(std::move(change));
  }
  return changes;
}

}  // namespace rowplan::planner::testing
