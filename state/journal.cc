// What apply intends and what became of it, unit by unit: the memory that a crash leaves.
#include "state/journal.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>

#include <array>
#include <cassert>

#include "state/error.h"
#include "state/numbers.h"

namespace rowplan::state {

namespace {

constexpr std::array kStates{UnitState::intended, UnitState::committed, UnitState::unknown,
                             UnitState::stale, UnitState::failed};
constexpr const char* kSelect = "SELECT plan_id, plan_digest, unit, state, rows, at FROM journal ";

UnitEntry entry_of(SQLite::Statement& columns, const std::string& path) {
  UnitEntry entry;
  entry.plan = {columns.getColumn(0).getString(), columns.getColumn(1).getString()};
  entry.unit = from_sql(columns.getColumn(2));
  entry.rows = from_sql(columns.getColumn(4));
  entry.at = columns.getColumn(5).getString();
  const std::string name = columns.getColumn(3).getString();
  for (const auto state : kStates) {
    if (name == unit_state_name(state)) {
      entry.state = state;
      return entry;
    }
  }
  throw StateError(path, StateErrorKind::corrupt, "its journal has an unknown state of a unit");
}

}  // namespace

const char* unit_state_name(UnitState state) noexcept {
  switch (state) {
    case UnitState::intended:
      return "intended";
    case UnitState::committed:
      return "committed";
    case UnitState::unknown:
      return "unknown";
    case UnitState::stale:
      return "stale";
    case UnitState::failed:
      return "failed";
  }
  return "failed";
}

void Journal::intend(const PlanRef& plan, const std::vector<UnitRows>& units) {
  put(plan, units, UnitState::intended, Store::Sync::now);
}

void Journal::settle(const PlanRef& plan, const std::vector<UnitRows>& units, UnitState outcome) {
  assert(outcome != UnitState::intended);
  // Lost, it leaves the intent, which the hashes settle; so it needs no sync of its own.
  put(plan, units, outcome, Store::Sync::later);
}

void Journal::put(const PlanRef& plan, const std::vector<UnitRows>& units, UnitState state,
                  Store::Sync sync) {
  const auto work = [&](SQLite::Database& db) {
    SQLite::Statement upsert(
        db,
        "INSERT INTO journal (plan_id, plan_digest, unit, state, rows, at) "
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (plan_id, plan_digest, unit) DO UPDATE SET "
        "state = excluded.state, rows = excluded.rows, at = excluded.at");
    for (const UnitRows& unit : units) {
      SQLite::bind(upsert, plan.plan_id, plan.plan_digest, to_sql(unit.unit),
                   unit_state_name(state), to_sql(unit.rows), store_.now());
      upsert.exec();
      upsert.reset();
    }
  };
  store_.write(work, sync);
}

std::optional<UnitEntry> Journal::find(const PlanRef& plan, std::uint64_t unit) const {
  std::optional<UnitEntry> entry;
  store_.read([&](SQLite::Database& db) {
    SQLite::Statement query(
        db, std::string(kSelect) + "WHERE plan_id = ? AND plan_digest = ? AND unit = ?");
    SQLite::bind(query, plan.plan_id, plan.plan_digest, to_sql(unit));
    if (query.executeStep()) {
      entry = entry_of(query, store_.path());
    }
  });
  return entry;
}

std::vector<UnitEntry> Journal::units(const PlanRef& plan) const {
  std::vector<UnitEntry> entries;
  store_.read([&](SQLite::Database& db) {
    SQLite::Statement query(
        db, std::string(kSelect) + "WHERE plan_id = ? AND plan_digest = ? ORDER BY unit");
    SQLite::bind(query, plan.plan_id, plan.plan_digest);
    while (query.executeStep()) {
      entries.push_back(entry_of(query, store_.path()));
    }
  });
  return entries;
}

std::vector<UnitEntry> Journal::unsettled() const {
  std::vector<UnitEntry> entries;
  store_.read([&](SQLite::Database& db) {
    SQLite::Statement query(db, std::string(kSelect) +
                                    "WHERE state IN ('intended', 'unknown') "
                                    "ORDER BY plan_id, plan_digest, unit");
    while (query.executeStep()) {
      entries.push_back(entry_of(query, store_.path()));
    }
  });
  return entries;
}

std::uint64_t Journal::prune(const std::string& before) {
  std::uint64_t pruned = 0;
  store_.write([&](SQLite::Database& db) {
    SQLite::Statement remove(
        db,
        "DELETE FROM journal WHERE (plan_id, plan_digest) IN (SELECT plan_id, plan_digest FROM "
        "journal GROUP BY plan_id, plan_digest HAVING max(at) < ? AND "
        "max(state IN ('intended', 'unknown')) = 0)");
    remove.bind(1, before);
    pruned = static_cast<std::uint64_t>(remove.exec());
  });
  return pruned;
}

}  // namespace rowplan::state
