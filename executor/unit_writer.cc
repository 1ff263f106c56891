#include "executor/unit_writer.h"

#include <algorithm>
#include <cassert>

#include "executor/reference_check.h"
#include "executor/row_identity.h"
#include "executor/server_free_value.h"
#include "mysql/mutant.h"
#include "planner/change_builder.h"
#include "planner/statements.h"
#include "planner/unit_steps.h"
#include "planner/update_batches.h"
#include "state/kill_point.h"

namespace rowplan::executor {

namespace {

using planner::Change;
using planner::PlanValue;
using planner::Statement;
using planner::Step;

constexpr std::size_t kStatementBytesMax = std::size_t{1} << 20;  // more gains nothing
constexpr std::size_t kPacketReserve = 1024;

std::size_t column_of(const planner::TablePair& pair, const std::string& name) {
  for (std::size_t i = 0; i < pair.columns.size(); ++i)
    if (pair.columns[i].name == name) return i;
  return pair.columns.size();
}

const mysql::Row* find(const RowsByKey& rows, const std::string& identity) {
  const auto found = rows.find(identity);
  return found == rows.end() ? nullptr : &found->second;
}

/// Finds withheld values in the rows of one key. False: none of them has the planned value.
bool fill(const planner::TablePair& pair, const std::vector<const mysql::Row*>& rows,
          planner::NamedValues& values) {
  for (auto& [name, value] : values) {
    if (value.form != PlanValue::Form::ref) continue;
    const std::size_t i = column_of(pair, name);
    if (i == pair.columns.size()) return false;
    const mysql::CellType& type = pair.columns[i].type;
    const auto has_it = [&, &wanted = value](const mysql::Row* row) {
      return row != nullptr && planner::plan_value(type, *row, i, 0) == wanted;
    };
    const auto row = std::find_if(rows.begin(), rows.end(), has_it);
    if (row == rows.end()) return false;
    value = planner::plan_value(type, **row, i, UINT64_MAX);
  }
  return true;
}

class Writer {
 public:
  Writer(mysql::Session& target, const UnitWork& unit, bool keys_off)
      : target_(target), unit_(unit), keys_off_(keys_off) {
    limits_.bytes = std::min<std::size_t>(
        kStatementBytesMax, static_cast<std::size_t>(target.max_allowed_packet()) - kPacketReserve);
  }

  std::optional<UnitProblem> write(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      const TableWork& table = unit_.tables[step.table];
      if (step.kind != Step::Kind::insert && step.kind != Step::Kind::park) {
        if (const auto reached = reached_by_cascade(target_, unit_, table, step.changes, keys_off_))
          return problem(table, UnitOutcome::stale, *reached);
      }
      run(step, table);
      if (wrong_) return problem(table, UnitOutcome::failed, *wrong_);
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] UnitProblem problem(const TableWork& table, UnitOutcome outcome,
                                    const std::string& detail) const {
    return {unit_.id, outcome, table.table->address, detail};
  }

  void run(const Step& step, const TableWork& table) {
    std::vector<const Change*> changes;
    for (const std::size_t i : step.changes) changes.push_back(&table.changes[i]);
    const auto one = [&](const Statement& statement) { execute(table, statement); };
    switch (step.kind) {
      case Step::Kind::insert:
        planner::batch_inserts(*table.pair, changes, limits_, one);
        return;
      case Step::Kind::remove:
        if (step.parked.empty())
          planner::batch_deletes(*table.pair, changes, limits_, one);
        else
          one({planner::delete_statement(*table.pair, *changes[0],
                                         {planner::Guard::none, step.parked}),
               1,
               false,
               {}});
        return;
      case Step::Kind::park:
        one({planner::park_statement(*table.pair, *changes[0], *step.park,
                                     {planner::Guard::none, step.parked}),
             1,
             false,
             {}});
        return;
      case Step::Kind::update:
        update(table, step, changes);
        return;
    }
  }

  void update(const TableWork& table, const Step& step, const std::vector<const Change*>& changes) {
    const auto one = [&](const Statement& statement) { execute(table, statement); };
    const planner::UpdateBatches batches(*table.pair);
    std::vector<const Change*> joined;
    for (const Change* change : changes) {
      if (step.parked.empty() && changes.size() > 1 && batches.may_join(*change)) {
        joined.push_back(change);
        continue;
      }
      // No hash covers what a row outside the filter held; its old values are in the statement.
      const planner::Guard guard =
          change->reason == "filter_moved" ? planner::Guard::old_values : planner::Guard::none;
      planner::RowTerms terms{guard, step.parked};
      Statement statement{planner::update_statement(*table.pair, *change, terms), 1,
                          planner::needs_lenient_mode(*table.pair, *change)};
      if (statement.sql.size() > limits_.bytes)
        statement.sql =
            planner::update_statement(*table.pair, *change, terms, &statement.long_values);
      one(statement);
    }
    batches.write(joined, limits_, one);
  }

  void execute(const TableWork& table, const Statement& statement) {
    if (wrong_) return;
    const std::string doing = "writing " + table.table->address;
    state::kill_point("statement");
    // An ENUM's index 0 is refused by a strict session; what is stored is checked by its hash.
    if (statement.lenient)
      target_.execute("SET SESSION sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'", doing);
    const std::uint64_t matched = target_.execute(statement.sql, statement.long_values, doing);
    if (statement.lenient)
      target_.execute(
          "SET SESSION sql_mode='STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'",
          doing);
    state::kill_point("statement done");
    const bool by_trigger = table.touched && matched < statement.rows;  // looked at afterwards
    if (matched != statement.rows && !by_trigger &&
        !mysql::planted(mysql::Mutant::replace_for_insert))
      wrong_ = "a statement met " + std::to_string(matched) + " rows instead of " +
               std::to_string(statement.rows);
  }

  mysql::Session& target_;
  const UnitWork& unit_;
  bool keys_off_;
  planner::StatementLimits limits_;
  std::optional<std::string> wrong_;
};

}  // namespace

std::optional<std::string> fill_references(UnitWork& unit, const std::vector<TableRows>& rows) {
  assert(rows.size() == unit.tables.size());
  for (std::size_t t = 0; t < unit.tables.size(); ++t)
    if (auto wrong = fill_references(unit.tables[t], rows[t].target, {&rows[t].source}))
      return wrong;
  return std::nullopt;
}

std::optional<std::string> fill_references(TableWork& table, const RowsByKey& target,
                                           const std::vector<const RowsByKey*>& sources) {
  const planner::TablePair& pair = *table.pair;
  for (Change& change : table.changes) {
    if (!planner::is_withheld(change)) continue;
    const std::string after = identity_after(pair, change);
    std::vector<const mysql::Row*> rows;
    for (const RowsByKey* source : sources) rows.push_back(find(*source, after));
    if (!fill(pair, rows, change.after) ||
        !fill(pair, {find(target, identity_before(pair, change))}, change.before))
      return table.table->address + ": a large value is not the one that was planned";
  }
  return std::nullopt;
}

std::vector<planner::UnitTable> unit_tables(const UnitWork& unit,
                                            const std::vector<TableRows>& rows) {
  std::vector<planner::UnitTable> tables;
  for (std::size_t t = 0; t < unit.tables.size(); ++t) {
    planner::UnitTable& table = tables.emplace_back();
    table.pair = unit.tables[t].pair;
    table.changes = unit.tables[t].changes;
    for (const Change& change : table.changes) {
      // Without a key, a change has the whole row itself.
      const bool known = needs_rows(*table.pair, change);
      const mysql::Row* row =
          known ? find(rows[t].target, identity_before(*table.pair, change)) : nullptr;
      table.target_rows.push_back(row != nullptr ? *row : mysql::Row());
    }
  }
  return tables;
}

std::optional<UnitProblem> write_unit(mysql::Session& target, const UnitWork& unit,
                                      const std::vector<TableRows>& rows) {
  const std::vector<planner::UnitTable> tables = unit_tables(unit, rows);
  ServerFreeValue free_values(target);
  const auto ordered = planner::order_unit(tables, free_values);
  if (const auto* unorderable = std::get_if<planner::UnorderableUnit>(&ordered))
    return UnitProblem{unit.id, UnitOutcome::failed, unit.tables[unorderable->table].table->address,
                       "rows exchange values of unique key '" + unorderable->index +
                           "', and no value is free to park one of them"};
  const auto& steps = std::get<planner::UnitSteps>(ordered);
  const bool keys_off = steps.foreign_keys_off || renames_referred(target, unit);
  if (keys_off)
    target.execute("SET SESSION foreign_key_checks=0", "writing rows that refer to each other");
  std::optional<UnitProblem> problem = Writer(target, unit, keys_off).write(steps.steps);
  if (!keys_off) return problem;
  target.execute("SET SESSION foreign_key_checks=1", "writing rows that refer to each other");
  if (problem) return problem;
  if (const auto missing = missing_parent(target, unit))
    return UnitProblem{unit.id, UnitOutcome::failed, unit.tables.front().table->address, *missing};
  return std::nullopt;
}

}  // namespace rowplan::executor
