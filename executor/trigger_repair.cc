#include "executor/trigger_repair.h"

#include <algorithm>
#include <limits>
#include <set>

#include "executor/row_corrections.h"
#include "executor/row_identity.h"
#include "executor/unit_writer.h"
#include "mysql/quote.h"
#include "planner/change_builder.h"
#include "planner/change_values.h"
#include "planner/chunk_visitor.h"
#include "planner/keys_compare.h"
#include "planner/member_rows.h"

namespace rowplan::executor {

namespace {

using planner::Change;
using planner::Locking;
using planner::Op;
using planner::Side;
using planner::TablePair;

// A correction fires triggers too; one that never settles is told, not tried for ever.
constexpr unsigned kRounds = 4;

std::string select_table(const TablePair& pair, Locking locking) {
  return pair.index_order ? select_range(pair, Side::target, {}, locking)
                          : select_all_by_bytes(pair, Side::target, locking);
}

/// The first side is the table as it was, the second as it is.
class TouchedTable : public planner::ChunkVisitor {
 public:
  explicit TouchedTable(RowCorrections& corrections) : corrections_(corrections) {}
  void equal(const mysql::Row& row) override { corrections_.look_at(&row, &row); }
  void differs(const mysql::Row& before, const mysql::Row& now) override {
    corrections_.look_at(&before, &now);
  }
  void only_source(const mysql::Row& before) override { corrections_.look_at(&before, nullptr); }
  void only_target(const mysql::Row& now) override { corrections_.look_at(nullptr, &now); }
  void chunk_end(const planner::KeyRange&) override {}

 private:
  RowCorrections& corrections_;
};

/// An UPDATE of these rows is always rewritten: only a new row can hold what is planned.
bool must_replace(const TablePair& pair, unsigned round) {
  const auto& triggers = pair.target.triggers;
  return round > 0 && pair.target.referenced_by.empty() &&
         std::any_of(triggers.begin(), triggers.end(), [](const mysql::Trigger& trigger) {
           return trigger.timing == "BEFORE" && trigger.event == "UPDATE";
         });
}

bool refers_to(const TableWork& child, const TableWork& parent) {
  const auto& keys = child.pair->target.foreign_keys;
  return std::any_of(keys.begin(), keys.end(), [&](const mysql::ForeignKey& key) {
    return key.parent == parent.pair->target.name;
  });
}

/// Rows that come under a key that was not there.
std::vector<const mysql::Row*> new_rows(const TableWork& table, const PlannedRows& planned) {
  std::vector<const mysql::Row*> rows;
  for (const Change& change : table.changes) {
    if (change.op == Op::remove) continue;
    const mysql::Row key = planner::after_key_row(*table.pair, change).value();
    if (change.op == Op::update && key == planner::key_row(*table.pair, change).value()) continue;
    rows.push_back(&planned.at(std::string(key.bytes())).value());
  }
  return rows;
}

/// Can values of one be compared with those of the other as they stand?
bool comparable(const mysql::Column& a, const mysql::Column* b) {
  return b != nullptr && a.family == b->family && a.charset == b->charset &&
         a.collation == b->collation;
}

/// `a` = 1 AND `b` = 2, or nothing where the row has no such columns, or a NULL in one.
std::string same_values(const TablePair& pair, const mysql::Row& row,
                        const std::vector<std::string>& names, const mysql::Table& touched) {
  std::string sql;
  for (const std::string& name : names) {
    const auto column = planner::target_column(pair, name);
    if (!column || row.is_null(*column)) return "";
    if (!comparable(pair.columns[*column].target, touched.column(name))) return "";
    sql += (sql.empty() ? "" : " AND ") + mysql::quote_name(name) + "=" +
           mysql::literal(pair.columns[*column].type, row.cell(*column));
  }
  return sql;
}

void remove_holders(mysql::Session& target, const TablePair& pair,
                    const std::vector<const mysql::Row*>& rows, const mysql::Table& touched) {
  const std::string doing = "making room for what triggers write";
  for (const mysql::Index& index : touched.indexes) {
    if (!index.unique || !index.usable) continue;
    for (std::size_t begin = 0; begin < rows.size(); begin += planner::kKeysAtOnce) {
      std::string where;
      const std::size_t end = std::min(rows.size(), begin + planner::kKeysAtOnce);
      for (std::size_t i = begin; i < end; ++i)
        if (const std::string same = same_values(pair, *rows[i], index.columns, touched);
            !same.empty())
          where += (where.empty() ? "(" : " OR (") + same + ")";
      if (where.empty()) continue;
      // The rows come back: what refers to them stays.
      target.execute("SET SESSION foreign_key_checks=0", doing);
      target.execute("DELETE FROM " + mysql::quote_table(touched.name.db, touched.name.table) +
                         " WHERE " + where,
                     doing);
      target.execute("SET SESSION foreign_key_checks=1", doing);
    }
  }
}

void lock_all(mysql::Session& target, const TablePair& pair) {
  planner::StreamRows rows(target, pair, Side::target, select_table(pair, Locking::for_update));
  mysql::Row row;
  while (rows.next(row)) continue;
}

}  // namespace

bool fires_triggers(const UnitWork& unit) {
  return std::any_of(unit.tables.begin(), unit.tables.end(), [](const TableWork& table) {
    return !table.changes.empty() && !table.pair->target.triggers.empty();
  });
}

TriggerRepair::TriggerRepair(mysql::Session& target, mysql::Session& before, const UnitWork& unit,
                             const std::vector<TableRows>& rows)
    : target_(target), before_(before), unit_(unit) {
  for (std::size_t t = 0; t < unit.tables.size(); ++t) {
    const TableWork& table = unit.tables[t];
    pairs_.push_back(*table.pair);
    pairs_.back().job.options.large_bytes = std::numeric_limits<std::uint64_t>::max();
    pairs_.back().job.options.where.clear();  // triggers know of no filter
    pairs_.back().job.options.incremental.reset();
    // Rows that no key tells apart are not corrected: the hash of their table must be right at
    // once.
    planned_.push_back(table.pair->is_keyless()
                           ? PlannedRows()
                           : planned_rows(*table.pair, table.changes, rows[t].target));
    if (table.touched) lock_all(target_, pairs_.back());
  }
  before_.begin_consistent_snapshot();
}

TriggerRepair::~TriggerRepair() { before_.close(); }

UnitWork TriggerRepair::first_writes() const {
  UnitWork first = unit_;
  for (TableWork& table : first.tables) {
    const bool needed =
        std::any_of(first.tables.begin(), first.tables.end(),
                    [&](const TableWork& child) { return refers_to(child, table); });
    if (!table.touched || needed) continue;
    std::erase_if(table.changes, [](const Change& change) { return change.op != Op::remove; });
  }
  return first;
}

void TriggerRepair::set_aside() {
  for (std::size_t t = 0; t < unit_.tables.size(); ++t) {
    const TableWork& table = unit_.tables[t];
    if (table.changes.empty() || table.pair->target.triggers.empty()) continue;
    if (table.pair->is_keyless()) continue;
    const std::vector<const mysql::Row*> rows = new_rows(table, planned_[t]);
    const auto& touches = table.pair->touches;
    for (const TableWork& other : unit_.tables)
      if (!leaves_out_columns(*other.pair) &&
          std::find(touches.begin(), touches.end(), other.pair->target.name) != touches.end())
        remove_holders(target_, *table.pair, rows, other.pair->target);
  }
}

std::optional<std::vector<Change>> TriggerRepair::differences(std::size_t t, unsigned round,
                                                              RowsByKey& found) {
  const TablePair& pair = pairs_[t];
  const TableWork& table = unit_.tables[t];
  const PlannedRows& planned = planned_[t];
  RowCorrections corrections(pair, table, planned, found, must_replace(pair, round));
  if (table.touched) {
    planner::StreamRows before(before_, pair, Side::target, select_table(pair, Locking::none));
    planner::StreamRows now(target_, pair, Side::target, select_table(pair, Locking::for_update));
    TouchedTable visitor(corrections);
    if (!planner::walk(pair, {}, before, now, false, visitor)) return {};
    return corrections.finish();
  }
  const RowsByKey rows = read_rows(target_, pair, Side::target,
                                   keys_of(pair, changes_of(table)).target, Locking::for_update);
  for (const auto& [key, row] : rows)
    if (planned.count(key) > 0) corrections.look_at(nullptr, &row);
  return corrections.finish();
}

std::optional<UnitProblem> TriggerRepair::put_right() {
  std::string address;
  for (unsigned round = 0; round <= kRounds; ++round) {
    UnitWork work;
    work.id = unit_.id;
    std::vector<TableRows> rows;
    for (std::size_t t = 0; t < unit_.tables.size(); ++t) {
      const TableWork& table = unit_.tables[t];
      if (!table.touched && table.pair->target.triggers.empty()) continue;
      if (table.pair->is_keyless()) continue;
      TableWork part{table.table, &pairs_[t], {}, {}, {}, {}, true};
      TableRows found;
      auto changes = differences(t, round, found.target);
      if (!changes)
        return UnitProblem{unit_.id, UnitOutcome::failed, table.table->address,
                           "what triggers do to rows cannot be put right without deleting them, "
                           "and columns that are not compared would be lost"};
      part.changes = std::move(*changes);
      if (part.changes.empty()) continue;
      address = table.table->address;
      work.tables.push_back(std::move(part));
      rows.push_back(std::move(found));
    }
    if (work.tables.empty()) return std::nullopt;
    if (round == kRounds) break;
    if (auto problem = write_unit(target_, work, rows)) return problem;
  }
  return UnitProblem{unit_.id, UnitOutcome::failed, address,
                     "a trigger changes rows again each time that they are put right; drop it for "
                     "the time of the apply"};
}

}  // namespace rowplan::executor
