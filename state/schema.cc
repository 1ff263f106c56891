// The tables of the state file and how an older file gets them. Described in docs/state-schema.md.
#include "state/schema.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Transaction.h>

#include <cstddef>
#include <string>

#include "state/kill_point.h"

namespace rowplan::state {

namespace {

constexpr const char* kVersion1 = R"sql(
CREATE TABLE meta (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  job        TEXT NOT NULL,
  state_id   TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE runs (
  seq           INTEGER PRIMARY KEY,
  run_id        TEXT NOT NULL UNIQUE,
  plan_id       TEXT NOT NULL,
  plan_digest   TEXT NOT NULL,
  verb          TEXT NOT NULL,
  tool_version  TEXT NOT NULL,
  host          TEXT NOT NULL,
  pid           INTEGER NOT NULL,
  started_at    TEXT NOT NULL,
  finished_at   TEXT,
  exit_code     INTEGER,
  inserted      INTEGER NOT NULL DEFAULT 0,
  updated       INTEGER NOT NULL DEFAULT 0,
  deleted       INTEGER NOT NULL DEFAULT 0,
  conflicts     INTEGER NOT NULL DEFAULT 0,
  kept          INTEGER NOT NULL DEFAULT 0,
  units_applied INTEGER NOT NULL DEFAULT 0,
  units_done    INTEGER NOT NULL DEFAULT 0,
  units_stale   INTEGER NOT NULL DEFAULT 0,
  units_failed  INTEGER NOT NULL DEFAULT 0,
  message       TEXT NOT NULL DEFAULT '',
  CHECK ((finished_at IS NULL) = (exit_code IS NULL))
) STRICT;

CREATE TABLE run_pairs (
  address TEXT NOT NULL,
  run_id  TEXT NOT NULL REFERENCES runs (run_id) ON DELETE CASCADE,
  PRIMARY KEY (address, run_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_pairs_run ON run_pairs (run_id);

CREATE TABLE journal (
  plan_id     TEXT NOT NULL,
  plan_digest TEXT NOT NULL,
  unit        INTEGER NOT NULL,
  state       TEXT NOT NULL
              CHECK (state IN ('intended', 'committed', 'unknown', 'stale', 'failed')),
  rows        INTEGER NOT NULL,
  at          TEXT NOT NULL,
  PRIMARY KEY (plan_id, plan_digest, unit)
) STRICT, WITHOUT ROWID;
CREATE INDEX journal_unsettled ON journal (plan_id) WHERE state IN ('intended', 'unknown');

CREATE TABLE pairs (
  address              TEXT PRIMARY KEY,
  last_success_at      TEXT NOT NULL,
  last_plan_id         TEXT NOT NULL,
  last_full_compare_at TEXT,
  inserted             INTEGER NOT NULL,
  updated              INTEGER NOT NULL,
  deleted              INTEGER NOT NULL,
  conflicts            INTEGER NOT NULL,
  kept                 INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE watermarks (
  address TEXT PRIMARY KEY,
  value   TEXT NOT NULL,
  set_at  TEXT NOT NULL,
  plan_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* kSyncPositions = R"sql(
CREATE TABLE sync_positions (
  address         TEXT PRIMARY KEY,
  full_compare_at TEXT NOT NULL,
  source          TEXT NOT NULL,
  target          TEXT NOT NULL,
  target_position TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// Pages are found by index: their rows are too long for a table WITHOUT ROWID.
constexpr const char* kBaselines = R"sql(
CREATE TABLE baselines (
  id          INTEGER PRIMARY KEY,
  address     TEXT NOT NULL,
  whole       INTEGER NOT NULL CHECK (whole IN (0, 1)),
  fits        TEXT NOT NULL,
  value_bytes INTEGER NOT NULL,
  generation  INTEGER NOT NULL DEFAULT 1,
  rows        INTEGER NOT NULL DEFAULT 0,
  pages       INTEGER NOT NULL DEFAULT 0,
  moved_at    TEXT NOT NULL DEFAULT '',
  plan_id     TEXT NOT NULL DEFAULT '',
  UNIQUE (address, whole)
) STRICT;

CREATE TABLE baseline_pages (
  baseline INTEGER NOT NULL REFERENCES baselines (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  entries  INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  last_key BLOB NOT NULL,
  data     BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX baseline_pages_order ON baseline_pages (baseline, position);

CREATE TABLE baseline_intents (
  seq         INTEGER PRIMARY KEY,
  address     TEXT NOT NULL,
  plan_id     TEXT NOT NULL,
  plan_digest TEXT NOT NULL,
  unit        INTEGER NOT NULL,
  entries     INTEGER NOT NULL,
  value_bytes INTEGER NOT NULL,
  checksum    INTEGER NOT NULL,
  data        BLOB NOT NULL,
  UNIQUE (address, plan_id, plan_digest, unit)
) STRICT;
)sql";

constexpr const char* kStoppedAppliers = R"sql(
CREATE TABLE stopped_appliers (
  server   TEXT NOT NULL,
  channel  TEXT NOT NULL,
  identity TEXT NOT NULL,
  plan_id  TEXT NOT NULL,
  position TEXT NOT NULL,
  at       TEXT NOT NULL,
  PRIMARY KEY (server, channel)
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* kBehind = R"sql(
CREATE TABLE behind_lists (
  id       INTEGER PRIMARY KEY,
  baseline INTEGER NOT NULL REFERENCES baselines (id) ON DELETE CASCADE,
  member   TEXT NOT NULL,
  kind     TEXT NOT NULL CHECK (kind IN ('listed', 'unknown', 'expired')),
  since    TEXT NOT NULL DEFAULT '',
  rows     INTEGER NOT NULL DEFAULT 0,
  pages    INTEGER NOT NULL DEFAULT 0,
  UNIQUE (baseline, member)
) STRICT;

CREATE TABLE behind_pages (
  list     INTEGER NOT NULL REFERENCES behind_lists (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  entries  INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  last_key BLOB NOT NULL,
  data     BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX behind_pages_order ON behind_pages (list, position);

ALTER TABLE baseline_intents ADD COLUMN members TEXT NOT NULL DEFAULT '';
)sql";

}  // namespace

const Migrations& migrations() {
  static const Migrations list{kVersion1, kSyncPositions, kBaselines, kStoppedAppliers, kBehind};
  return list;
}

std::int64_t application_id(SQLite::Database& db) {
  return db.execAndGet("PRAGMA application_id").getInt64();
}

std::int64_t schema_version(SQLite::Database& db) {
  return db.execAndGet("PRAGMA user_version").getInt64();
}

void migrate(SQLite::Database& db, const Migrations& list) {
  SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
  const auto from = static_cast<std::size_t>(schema_version(db));
  for (std::size_t version = from; version < list.size(); ++version) {
    db.exec(list[version]);
    db.exec("PRAGMA user_version = " + std::to_string(version + 1));
  }
  kill_point("migrate");
  transaction.commit();
  kill_point("migrated");
}

std::string columns_of(SQLite::Database& db) {
  // The JSON of it, so that no name can pass for two.
  return db
      .execAndGet(
          "SELECT json_group_array(json_array(t, c, type, nn, pk)) FROM (SELECT m.name AS t, "
          "i.name "
          "AS c, i.type AS type, i.\"notnull\" AS nn, i.pk AS pk FROM sqlite_schema AS m JOIN "
          "pragma_table_info(m.name) AS i WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite!_%' "
          "ESCAPE '!' ORDER BY 1, i.cid)")
      .getString();
}

}  // namespace rowplan::state
