#include "executor/undo_capture.h"

#include <cassert>

#include "mysql/quote.h"
#include "planner/address.h"
#include "planner/change_builder.h"
#include "planner/change_values.h"
#include "planner/column_types.h"
#include "planner/plan_error.h"
#include "planner/refusal.h"

namespace rowplan::executor {

namespace {

using planner::Change;
using planner::Op;
using planner::PairColumn;
using planner::TablePair;

/// How the target alone sees one of its columns.
PairColumn own_column(const TablePair& pair, const mysql::Column& column, mysql::Vendor vendor) {
  const planner::ColumnFit fit = planner::fit_columns(column, column, vendor, vendor);
  if (fit.verdict != planner::ColumnFit::Verdict::fits)
    throw planner::Refusal(planner::RefusalReason::limit,
                           pair.job.address + ": column '" + mysql::printable(column.name) +
                               "' on " + pair.job.target + " is " + column.type +
                               ", which cannot be kept for undo: " + fit.why);
  const mysql::ReadColumn read = planner::read_column(column, fit.type, false);
  return {column.name, fit.type, column, column, read, read};
}

/// JSON that is compared across vendors is read in a form of its own, not as it is stored.
bool is_read_exactly(const PairColumn& column) {
  return column.type.kind != mysql::CellKind::json || !column.type.canonical;
}

/// Adds what the target has and the pair leaves out. Did it change anything?
bool complete(TablePair& pair, mysql::Vendor vendor) {
  bool changed = false;
  for (PairColumn& column : pair.columns) {
    if (is_read_exactly(column)) continue;
    const std::string name = column.name;
    column = own_column(pair, column.target, vendor);
    column.name = name;
    changed = true;
  }
  for (const mysql::Column& column : pair.target.columns) {
    if (column.generated || planner::target_column(pair, column.name)) continue;
    pair.columns.push_back(own_column(pair, column, vendor));
    changed = true;
  }
  return changed;
}

const mysql::Row* find(const RowsByKey& rows, const mysql::Row& key) {
  const auto found = rows.find(std::string(key.bytes()));
  return found == rows.end() ? nullptr : &found->second;
}

UndoValues values_of(const TablePair& pair, const mysql::Row& row) {
  UndoValues values;
  values.reserve(pair.columns.size());
  for (std::size_t i = 0; i < pair.columns.size(); ++i)
    values.push_back(planner::plan_value(pair.columns[i].type, row, i, UINT64_MAX));
  return values;
}

UndoTable table_of(const TableWork& work, const TablePair& whole, const mysql::Session& target) {
  UndoTable table;
  table.address = work.table->address;
  table.server = target.server();
  table.identity = target.identity();
  table.name = planner::encode_table(whole.target.name);
  for (std::size_t i = 0; i < whole.columns.size(); ++i) {
    table.columns.push_back(whole.columns[i].target.name);
    if (i < whole.key_columns) table.key.push_back(whole.columns[i].target.name);
  }
  return table;
}

/// Rows that were there before, or that are there now, whatever the filter.
RowsByKey read_whole(mysql::Session& target, const TablePair& whole,
                     const std::vector<Change>& changes, Op without, planner::Locking locking) {
  std::vector<mysql::Row> keys;
  for (const Change& change : changes) {
    if (change.op == without) continue;
    keys.push_back(without == Op::insert ? planner::key_row(whole, change).value()
                                         : planner::after_key_row(whole, change).value());
  }
  return read_rows(target, whole, planner::Side::target, keys, locking, Filtered::no);
}

std::string gone(const Change& change) {
  std::string key;
  for (const planner::PlanValue& value : *change.key)
    key += (key.empty() ? "" : ", ") +
           (value.form == planner::PlanValue::Form::text ? value.data : std::string("(bytes)"));
  return "row (" + key + ") is not there any more";
}

/// `values` in the pair's order, over those of `row`.
UndoValues values_in(const TablePair& pair, const planner::NamedValues& values,
                     const std::optional<UndoValues>& row = std::nullopt) {
  UndoValues all = row ? *row : UndoValues(pair.columns.size());
  for (const planner::ColumnValue& named : planner::column_values(pair, values))
    all[named.column] = *named.value;
  return all;
}

}  // namespace

std::variant<UndoCapture, UnitProblem> UndoCapture::before(mysql::Session& target,
                                                           const UnitWork& unit,
                                                           const std::vector<TableRows>& rows,
                                                           planner::Locking locking) {
  assert(rows.size() == unit.tables.size());
  UndoCapture capture;
  for (std::size_t t = 0; t < unit.tables.size(); ++t) {
    const TableWork& work = unit.tables[t];
    Part& part = capture.parts_.emplace_back();
    part.whole = *work.pair;
    // Which of several equal rows goes, and with what in columns that are not compared, nobody
    // knows.
    part.reads_again = !work.pair->is_keyless() && complete(part.whole, target.vendor());
    part.kept.table = table_of(work, part.whole, target);
    RowsByKey again;
    if (part.reads_again) again = read_whole(target, part.whole, work.changes, Op::insert, locking);
    const RowsByKey& known = part.reads_again ? again : rows[t].target;
    for (const Change& change : work.changes) {
      UndoRow& row = part.kept.rows.emplace_back();
      row.op = change.op;
      row.key = change.key;
      row.count = change.count;
      if (change.op == Op::insert) continue;
      if (work.pair->is_keyless()) {
        row.before = values_in(part.whole, change.before);
        continue;
      }
      const mysql::Row* found = find(known, planner::key_row(part.whole, change).value());
      if (found == nullptr)
        return UnitProblem{unit.id, UnitOutcome::stale, work.table->address, gone(change)};
      row.before = values_of(part.whole, *found);
    }
  }
  return capture;
}

UndoUnit UndoCapture::planned(const UnitWork& unit) {
  UndoUnit kept;
  kept.id = unit.id;
  kept.step = unit.step;
  for (std::size_t t = 0; t < unit.tables.size(); ++t) {
    Part& part = parts_[t];
    for (std::size_t i = 0; i < unit.tables[t].changes.size(); ++i) {
      const Change& change = unit.tables[t].changes[i];
      UndoRow& row = part.kept.rows[i];
      if (change.op != Op::remove) row.after = values_in(part.whole, change.after, row.before);
    }
    kept.tables.push_back(std::move(part.kept));
  }
  return kept;
}

UndoUnit UndoCapture::after(mysql::Session& target, const UnitWork& unit) {
  UndoUnit kept;
  kept.id = unit.id;
  kept.step = unit.step;
  for (std::size_t t = 0; t < unit.tables.size(); ++t) {
    const TableWork& work = unit.tables[t];
    Part& part = parts_[t];
    RowsByKey again;
    if (part.reads_again)
      again =
          read_whole(target, part.whole, work.changes, Op::remove, planner::Locking::for_update);
    for (std::size_t i = 0; i < work.changes.size(); ++i) {
      const Change& change = work.changes[i];
      UndoRow& row = part.kept.rows[i];
      if (change.op == Op::remove) continue;
      if (!part.reads_again) {
        row.after = values_in(part.whole, change.after, row.before);
        continue;
      }
      const mysql::Row* found = find(again, planner::after_key_row(part.whole, change).value());
      if (found == nullptr)
        throw planner::PlanError(work.table->address, "a row that was written is not there");
      row.after = values_of(part.whole, *found);
    }
    kept.tables.push_back(std::move(part.kept));
  }
  return kept;
}

}  // namespace rowplan::executor
