#include "planner/sql_view.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <set>

#include "planner/address.h"
#include "planner/change_values.h"
#include "planner/guessed_free_value.h"
#include "planner/keyless_statements.h"
#include "planner/plan_error.h"
#include "planner/statements.h"
#include "planner/unit_split.h"
#include "planner/utf8.h"
#include "planner/value_guard.h"

namespace rowplan::planner {

namespace {

// ENUM's index 0 is all that a strict mode must be left for.
constexpr std::string_view kStrictMode =
    "SET SESSION sql_mode='STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';";
constexpr std::string_view kLenientMode =
    "SET SESSION sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';";

/// Works outside of stored programs on both vendors.
constexpr std::string_view kFail =
    "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT="
    "'rowplan: this file is incomplete, see plan.json; use rowplan apply';";

/// Nothing in it that a client or a terminal takes for more than a character.
bool is_safe_name(std::string_view name) {
  for (std::size_t at = 0; at < name.size();) {
    const Utf8Char c = utf8_at(name, at);
    if (!c.valid || c.code < 0x20 || (c.code >= 0x7F && c.code < 0xA0)) return false;
    at += c.size;
  }
  return true;
}

bool has_safe_names(const mysql::Table& table) {
  return is_safe_name(table.name.db) && is_safe_name(table.name.table) &&
         std::all_of(table.columns.begin(), table.columns.end(),
                     [](const mysql::Column& column) { return is_safe_name(column.name); });
}

bool can_write(const UnitTable& table, const Change& change) {
  return change.op != Op::conflict && has_safe_names(table.pair->target) && !is_withheld(change);
}

bool fires_triggers(const std::vector<UnitTable>& tables) {
  return std::any_of(tables.begin(), tables.end(), [](const UnitTable& table) {
    return !table.changes.empty() && !table.pair->target.triggers.empty();
  });
}

/// Does an update change what others may refer to, with a rule that acts on them? Where they stay,
/// because the two are equal by collation, apply keeps the server from it.
bool may_cascade(const UnitTable& table) {
  const TablePair& pair = *table.pair;
  const auto& references = pair.target.referenced_by;
  return std::any_of(references.begin(), references.end(), [&](const mysql::ForeignKey& key) {
    if (key.on_update == "RESTRICT" || key.on_update == "NO ACTION") return false;
    std::set<std::optional<std::size_t>> columns;
    for (const std::string& name : key.parent_columns) columns.insert(target_column(pair, name));
    return std::any_of(table.changes.begin(), table.changes.end(), [&](const Change& change) {
      if (change.op != Op::update) return false;
      const auto values = column_values(pair, change.after);
      return std::any_of(values.begin(), values.end(),
                         [&](const ColumnValue& value) { return columns.count(value.column) > 0; });
    });
  });
}

std::uint64_t count_unwritable(const std::vector<UnitTable>& tables) {
  std::uint64_t count = 0;
  for (const UnitTable& table : tables)
    for (const Change& change : table.changes) count += can_write(table, change) ? 0 : 1;
  return count;
}

std::string rows(std::uint64_t count, const char* singular, const char* plural) {
  return std::to_string(count) + " " + (count == 1 ? singular : plural);
}

}  // namespace

SqlView::SqlView(Sink sink, std::string_view server, bool complete)
    : sink_(std::move(sink)), complete_(complete) {
  line("-- The changes of a plan on server " + encode_name(server) + ", as a view of it.");
  line(
      "-- rowplan apply verifies, and does the same; this file only skips rows that changed "
      "since.");
  line("-- mysql --default-character-set=utf8mb4 < FILE; never with --force");
  if (!complete) {
    line("-- Values are missing here: the plan holds only digests of them.");
    line(kFail);
  }
  line("SET NAMES utf8mb4;");
  line(kStrictMode);
  line("SET SESSION time_zone='+00:00';");
  line("SET SESSION sql_safe_updates=0;");
  line("SET SESSION foreign_key_checks=1;");
  line("SET SESSION unique_checks=1;");
  line("SET SESSION completion_type='NO_CHAIN';");
  line("SET SESSION autocommit=0;");
}

void SqlView::line(std::string_view text) {
  sink_(text);
  sink_("\n");
}

void SqlView::add_unit(const PlanUnit& unit, const std::vector<UnitTable>& tables) {
  line("");
  line("-- unit " + std::to_string(unit.id) + ": " + rows(unit.chunks, "chunk", "chunks") + ", " +
       rows(unit.changes, "change", "changes"));
  if (unit.steps == 1) {
    write_transaction(tables);
    return;
  }
  const auto steps = split_unit(tables, unit.step_rows);
  if (!steps || steps->size() != unit.steps)
    throw PlanError("plan.json", "unit " + std::to_string(unit.id) + " has other steps");
  for (std::size_t i = 0; i < steps->size(); ++i) {
    line("-- step " + std::to_string(i + 1) + " of " + std::to_string(steps->size()));
    write_transaction(step_tables(tables, (*steps)[i]));
  }
}

void SqlView::write_transaction(const std::vector<UnitTable>& tables) {
  const bool linked = is_via_source(tables);
  GuessedFreeValue guesses;
  NoFreeValue none;
  const auto ordered = order_unit(tables, linked ? static_cast<FreeValue&>(none) : guesses);
  if (const auto* failure = std::get_if<UnorderableUnit>(&ordered)) {
    complete_ = false;
    const TablePair& pair = *tables[failure->table].pair;
    line("-- left out: rows of " + encode_table(pair.target.name) +
         " exchange values of the unique index " + encode_name(failure->index));
    line(kFail);
    return;
  }
  const auto& steps = std::get<UnitSteps>(ordered);
  const std::uint64_t left_out = count_unwritable(tables);
  if (left_out > 0) {
    complete_ = false;
    line("-- left out: " + rows(left_out, "change", "changes") +
         " with values or names that cannot stand in this file");
    line(kFail);
  }
  if (fires_triggers(tables)) {
    complete_ = false;
    line("-- left out: triggers fire, and only rowplan apply puts right what they rewrite");
    line(kFail);
  }
  const bool cascades =
      !steps.foreign_keys_off && std::any_of(tables.begin(), tables.end(), may_cascade);
  if (cascades) {
    complete_ = false;
    line("-- left out: ON UPDATE could reach rows that only rowplan apply looks at");
    line(kFail);
  }
  if (linked) {
    line("-- changes no row here, but on a replica: wait until it has this before what follows");
    line("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;");
    line("SET SESSION binlog_format='STATEMENT';");
  }
  if (steps.foreign_keys_off) {
    line("-- rows of this unit refer to each other in a circle");
    line("SET SESSION foreign_key_checks=0;");
  }
  line("START TRANSACTION;");
  write_steps(tables, steps);
  line(left_out > 0 || cascades || fires_triggers(tables) ? "ROLLBACK;" : "COMMIT;");
  if (steps.foreign_keys_off) line("SET SESSION foreign_key_checks=1;");
  if (linked) line("SET SESSION binlog_format=@@GLOBAL.binlog_format;");
}

void SqlView::write_steps(const std::vector<UnitTable>& tables, const UnitSteps& steps) {
  for (const UnitTable& table : tables)
    for (const PairColumn& column : table.pair->columns)
      if (!is_guardable(column))
        line("-- not guarded: JSON column " + encode_name(column.target.name) + " of " +
             encode_table(table.pair->target.name));
  for (const Step& step : steps.steps)
    for (const std::size_t change : step.changes) write_change(tables[step.table], step, change);
}

void SqlView::write_change(const UnitTable& table, const Step& step, std::size_t change) {
  const TablePair& pair = *table.pair;
  const Change& written = table.changes[change];
  if (!can_write(table, written)) return;
  const RowTerms terms{Guard::old_values, step.parked};
  std::string sql;
  switch (step.kind) {
    case Step::Kind::remove:
      sql = pair.is_keyless() ? delete_copies_if_had(pair, written)
                              : delete_statement(pair, written, terms);
      break;
    case Step::Kind::park:
      assert(step.park);
      sql = park_statement(pair, written, *step.park, terms);
      break;
    case Step::Kind::update:
      sql = update_statement(pair, written, terms);
      break;
    case Step::Kind::insert:
      sql = pair.is_keyless()       ? insert_copies_if_had(pair, written)
            : pair.job.via_source() ? insert_if_free(pair, written)
                                    : insert_if_absent(pair, written);
      break;
  }
  const bool lenient = step.kind != Step::Kind::park && needs_lenient_mode(pair, written);
  if (lenient) line(kLenientMode);
  line(sql + ";");
  if (lenient) line(kStrictMode);
}

}  // namespace rowplan::planner
