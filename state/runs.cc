// The history of runs that write (apply, sync, undo), and of what people did to the state.
#include "state/runs.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>

#include <algorithm>
#include <cassert>
#include <limits>

#include "state/numbers.h"

namespace rowplan::state {

namespace {

constexpr const char* kColumns =
    "run_id, plan_id, plan_digest, verb, tool_version, host, pid, started_at, finished_at, "
    "exit_code, inserted, updated, deleted, conflicts, kept, units_applied, units_done, "
    "units_stale, units_failed, message";

/// Of the verb: a run, and not what a person did.
constexpr const char* kIsRun = "verb NOT GLOB 'state *'";

RunEnd end_of(SQLite::Statement& row) {
  RunEnd end;
  end.exit_code = row.getColumn("exit_code").getInt();
  end.rows = {from_sql(row.getColumn("inserted")), from_sql(row.getColumn("updated")),
              from_sql(row.getColumn("deleted")), from_sql(row.getColumn("conflicts")),
              from_sql(row.getColumn("kept"))};
  end.units_applied = from_sql(row.getColumn("units_applied"));
  end.units_done = from_sql(row.getColumn("units_done"));
  end.units_stale = from_sql(row.getColumn("units_stale"));
  end.units_failed = from_sql(row.getColumn("units_failed"));
  end.message = row.getColumn("message").getString();
  return end;
}

RunRecord record_of(SQLite::Database& db, SQLite::Statement& row) {
  RunRecord run;
  run.start.run_id = row.getColumn("run_id").getString();
  run.start.plan_id = row.getColumn("plan_id").getString();
  run.start.plan_digest = row.getColumn("plan_digest").getString();
  run.start.verb = row.getColumn("verb").getString();
  run.start.tool_version = row.getColumn("tool_version").getString();
  run.start.host = row.getColumn("host").getString();
  run.start.pid = row.getColumn("pid").getInt64();
  run.started_at = row.getColumn("started_at").getString();
  if (!row.getColumn("finished_at").isNull()) {
    run.finished_at = row.getColumn("finished_at").getString();
    run.end = end_of(row);
  }
  SQLite::Statement pairs(db, "SELECT address FROM run_pairs WHERE run_id = ? ORDER BY address");
  pairs.bind(1, run.start.run_id);
  while (pairs.executeStep()) {
    run.start.pairs.push_back(pairs.getColumn(0).getString());
  }
  return run;
}

}  // namespace

void Runs::begin(const RunStart& run) {
  store_.write([&](SQLite::Database& db) {
    SQLite::Statement insert(
        db,
        "INSERT INTO runs (run_id, plan_id, plan_digest, verb, tool_version, host, pid, "
        "started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    SQLite::bind(insert, run.run_id, run.plan_id, run.plan_digest, run.verb, run.tool_version,
                 run.host, run.pid, store_.now());
    insert.exec();
    SQLite::Statement pair(db, "INSERT OR IGNORE INTO run_pairs (address, run_id) VALUES (?, ?)");
    for (const auto& address : run.pairs) {
      pair.reset();
      SQLite::bind(pair, address, run.run_id);
      pair.exec();
    }
  });
}

void Runs::planned(const std::string& run_id, const std::string& plan_id,
                   const std::string& plan_digest) {
  store_.write([&](SQLite::Database& db) {
    SQLite::Statement update(db, "UPDATE runs SET plan_id = ?, plan_digest = ? WHERE run_id = ?");
    SQLite::bind(update, plan_id, plan_digest, run_id);
    [[maybe_unused]] const int changed = update.exec();
    assert(changed == 1 && "a run is begun before it is planned");
  });
}

void Runs::finish(const std::string& run_id, const RunEnd& end) {
  store_.write([&](SQLite::Database& db) {
    SQLite::Statement update(
        db,
        "UPDATE runs SET finished_at = ?, exit_code = ?, inserted = ?, updated = ?, deleted = ?, "
        "conflicts = ?, kept = ?, units_applied = ?, units_done = ?, units_stale = ?, "
        "units_failed = ?, message = ? WHERE run_id = ?");
    SQLite::bind(update, store_.now(), end.exit_code, to_sql(end.rows.inserted),
                 to_sql(end.rows.updated), to_sql(end.rows.deleted), to_sql(end.rows.conflicts),
                 to_sql(end.rows.kept), to_sql(end.units_applied), to_sql(end.units_done),
                 to_sql(end.units_stale), to_sql(end.units_failed), end.message, run_id);
    [[maybe_unused]] const int changed = update.exec();
    assert(changed == 1 && "a run is begun before it is finished");
  });
}

std::optional<RunRecord> Runs::find(const std::string& run_id) const {
  std::optional<RunRecord> run;
  store_.read([&](SQLite::Database& db) {
    SQLite::Statement query(db, std::string("SELECT ") + kColumns + " FROM runs WHERE run_id = ?");
    query.bind(1, run_id);
    if (query.executeStep()) {
      run = record_of(db, query);
    }
  });
  return run;
}

std::vector<RunRecord> Runs::newest(std::size_t limit,
                                    const std::optional<std::string>& pair) const {
  std::vector<RunRecord> runs;
  store_.read([&](SQLite::Database& db) {
    std::string sql = std::string("SELECT ") + kColumns + " FROM runs";
    if (pair) {
      sql += " WHERE run_id IN (SELECT run_id FROM run_pairs WHERE address = ?2)";
    }
    SQLite::Statement query(db, sql + " ORDER BY seq DESC LIMIT ?1");
    constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
    query.bind(1, to_sql(std::min<std::uint64_t>(limit, kMax)));
    if (pair) {
      query.bind(2, *pair);
    }
    while (query.executeStep()) {
      runs.push_back(record_of(db, query));
    }
  });
  return runs;
}

std::optional<RunRecord> Runs::last_of(const std::string& pair) const {
  std::optional<RunRecord> run;
  store_.read([&](SQLite::Database& db) {
    SQLite::Statement query(
        db, std::string("SELECT ") + kColumns + " FROM runs WHERE " + kIsRun +
                " AND run_id IN (SELECT run_id FROM run_pairs WHERE address = ?) ORDER BY seq "
                "DESC LIMIT 1");
    query.bind(1, pair);
    if (query.executeStep()) {
      run = record_of(db, query);
    }
  });
  return run;
}

std::uint64_t Runs::prune(const std::string& before) {
  std::uint64_t pruned = 0;
  store_.write([&](SQLite::Database& db) {
    SQLite::Statement remove(
        db,
        std::string("DELETE FROM runs WHERE started_at < ? AND seq NOT IN (SELECT max(seq) FROM "
                    "runs JOIN run_pairs USING (run_id) WHERE ") +
            kIsRun + " GROUP BY address)");
    remove.bind(1, before);
    pruned = static_cast<std::uint64_t>(remove.exec());
  });
  return pruned;
}

}  // namespace rowplan::state
