// How far each table of an incremental pair has been synced.
#include "state/watermarks.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>

namespace rowplan::state {

namespace {

constexpr const char* kSelect = "SELECT address, value, set_at, plan_id FROM watermarks ";

Watermark watermark_of(SQLite::Statement& row) {
  return {row.getColumn(0).getString(), row.getColumn(1).getString(), row.getColumn(2).getString(),
          row.getColumn(3).getString()};
}

std::optional<Watermark> find_in(SQLite::Database& db, const std::string& address) {
  SQLite::Statement query(db, std::string(kSelect) + "WHERE address = ?");
  query.bind(1, address);
  if (!query.executeStep()) {
    return std::nullopt;
  }
  return watermark_of(query);
}

void put(SQLite::Database& db, const Watermark& watermark) {
  SQLite::Statement upsert(
      db,
      "INSERT INTO watermarks (address, value, set_at, plan_id) VALUES (?, ?, ?, ?) ON CONFLICT "
      "(address) DO UPDATE SET value = excluded.value, set_at = excluded.set_at, "
      "plan_id = excluded.plan_id");
  SQLite::bind(upsert, watermark.address, watermark.value, watermark.set_at, watermark.plan_id);
  upsert.exec();
}

}  // namespace

std::optional<Watermark> Watermarks::find(const std::string& address) const {
  std::optional<Watermark> watermark;
  store_.read([&](SQLite::Database& db) { watermark = find_in(db, address); });
  return watermark;
}

std::vector<Watermark> Watermarks::all() const {
  std::vector<Watermark> watermarks;
  store_.read([&](SQLite::Database& db) {
    SQLite::Statement query(db, std::string(kSelect) + "ORDER BY address");
    while (query.executeStep()) {
      watermarks.push_back(watermark_of(query));
    }
  });
  return watermarks;
}

WatermarkOutcome Watermarks::compare_and_set(const std::string& address,
                                             const std::optional<std::string>& expected,
                                             const std::string& value, const std::string& plan_id) {
  WatermarkOutcome outcome;
  // The transaction has the write lock from its start: nobody moves it in between.
  store_.write([&](SQLite::Database& db) {
    auto stored = find_in(db, address);
    const bool as_expected = stored ? expected && stored->value == *expected : !expected;
    if (as_expected) {
      put(db, {address, value, store_.now(), plan_id});
    } else {
      outcome = WatermarkDiffers{std::move(stored)};
    }
  });
  return outcome;
}

void Watermarks::set(const std::string& address, const std::string& value) {
  store_.write([&](SQLite::Database& db) { put(db, {address, value, store_.now(), ""}); });
}

bool Watermarks::remove(const std::string& address) {
  bool removed = false;
  store_.write([&](SQLite::Database& db) {
    SQLite::Statement statement(db, "DELETE FROM watermarks WHERE address = ?");
    statement.bind(1, address);
    removed = statement.exec() == 1;
  });
  return removed;
}

}  // namespace rowplan::state
