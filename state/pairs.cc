// What is known of each pair since it last went well: for `status`.
#include "state/pairs.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>

#include "state/numbers.h"

namespace rowplan::state {

namespace {

constexpr const char* kSelect =
    "SELECT address, last_success_at, last_plan_id, last_full_compare_at, inserted, updated, "
    "deleted, conflicts, kept FROM pairs ";

PairRecord record_of(SQLite::Statement& row) {
  PairRecord pair;
  pair.address = row.getColumn(0).getString();
  pair.last_success_at = row.getColumn(1).getString();
  pair.last_plan_id = row.getColumn(2).getString();
  if (!row.getColumn(3).isNull()) {
    pair.last_full_compare_at = row.getColumn(3).getString();
  }
  pair.rows = {from_sql(row.getColumn(4)), from_sql(row.getColumn(5)), from_sql(row.getColumn(6)),
               from_sql(row.getColumn(7)), from_sql(row.getColumn(8))};
  return pair;
}

}  // namespace

void Pairs::succeeded(const std::string& address, const std::string& plan_id, const RowCounts& rows,
                      CompareScope scope) {
  store_.write([&](SQLite::Database& db) {
    SQLite::Statement upsert(
        db,
        "INSERT INTO pairs (address, last_success_at, last_plan_id, last_full_compare_at, "
        "inserted, updated, deleted, conflicts, kept) "
        "VALUES (?1, ?2, ?3, iif(?4, ?2, NULL), ?5, ?6, ?7, ?8, ?9) "
        "ON CONFLICT (address) DO UPDATE SET last_success_at = excluded.last_success_at, "
        "last_plan_id = excluded.last_plan_id, "
        "last_full_compare_at = coalesce(excluded.last_full_compare_at, last_full_compare_at), "
        "inserted = excluded.inserted, updated = excluded.updated, deleted = excluded.deleted, "
        "conflicts = excluded.conflicts, kept = excluded.kept");
    SQLite::bind(upsert, address, store_.now(), plan_id, scope == CompareScope::full ? 1 : 0,
                 to_sql(rows.inserted), to_sql(rows.updated), to_sql(rows.deleted),
                 to_sql(rows.conflicts), to_sql(rows.kept));
    upsert.exec();
  });
}

bool Pairs::forget_full_compare(const std::string& address) {
  bool forgotten = false;
  store_.write([&](SQLite::Database& db) {
    SQLite::Statement update(db,
                             "UPDATE pairs SET last_full_compare_at = NULL WHERE address = ? AND "
                             "last_full_compare_at IS NOT NULL");
    update.bind(1, address);
    forgotten = update.exec() == 1;
  });
  return forgotten;
}

std::optional<PairRecord> Pairs::find(const std::string& address) const {
  std::optional<PairRecord> pair;
  store_.read([&](SQLite::Database& db) {
    SQLite::Statement query(db, std::string(kSelect) + "WHERE address = ?");
    query.bind(1, address);
    if (query.executeStep()) {
      pair = record_of(query);
    }
  });
  return pair;
}

std::vector<PairRecord> Pairs::all() const {
  std::vector<PairRecord> pairs;
  store_.read([&](SQLite::Database& db) {
    SQLite::Statement query(db, std::string(kSelect) + "ORDER BY address");
    while (query.executeStep()) {
      pairs.push_back(record_of(query));
    }
  });
  return pairs;
}

}  // namespace rowplan::state
