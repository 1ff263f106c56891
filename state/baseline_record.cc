#include "state/baseline_record.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>

#include "state/numbers.h"

namespace rowplan::state {

std::optional<BaselineInfo> find_baseline(SQLite::Database& db, const std::string& address) {
  // A file of an older version, opened to be read, has no such table yet.
  if (!db.tableExists("baselines")) return std::nullopt;
  SQLite::Statement query(
      db,
      "SELECT id, address, fits, value_bytes, generation, rows, pages, moved_at, plan_id FROM "
      "baselines WHERE address = ? AND whole = 1");
  query.bind(1, address);
  if (!query.executeStep()) return std::nullopt;
  BaselineInfo info;
  info.id = query.getColumn(0).getInt64();
  info.address = query.getColumn(1).getString();
  info.fits = query.getColumn(2).getString();
  info.value_bytes = from_sql(query.getColumn(3));
  info.generation = from_sql(query.getColumn(4));
  info.rows = from_sql(query.getColumn(5));
  info.pages = from_sql(query.getColumn(6));
  info.moved_at = query.getColumn(7).getString();
  info.plan_id = query.getColumn(8).getString();
  return info;
}

std::optional<BaselineInfo> same_baseline(SQLite::Database& db, const BaselineInfo& from) {
  auto now = find_baseline(db, from.address);
  if (now && (now->id != from.id || now->generation != from.generation)) now.reset();
  return now;
}

void put_baseline(SQLite::Database& db, const BaselineInfo& info) {
  SQLite::Statement update(db,
                           "UPDATE baselines SET generation = ?, rows = ?, pages = ?, moved_at = "
                           "?, plan_id = ? WHERE id = ?");
  SQLite::bind(update, to_sql(info.generation), to_sql(info.rows), to_sql(info.pages),
               info.moved_at, info.plan_id, info.id);
  update.exec();
}

}  // namespace rowplan::state
