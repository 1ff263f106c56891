#include "state/baseline_pages.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cassert>
#include <vector>

#include "state/numbers.h"

namespace rowplan::state {

namespace {

std::string bytes_of(const SQLite::Column& column) {
  const void* const data = column.getBlob();
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(column.getBytes())};
}

void bind_bytes(SQLite::Statement& statement, int at, const std::string& bytes) {
  // A null pointer would be NULL, and std::string has none.
  statement.bind(at, static_cast<const void*>(bytes.data()), static_cast<int>(bytes.size()));
}

void put_name(std::string& text, const std::string& place, const std::string& name) {
  for (std::size_t at = text.find(place); at != std::string::npos; at = text.find(place))
    text.replace(at, place.size(), name);
}

}  // namespace

std::string BaselinePages::sql(std::string text) const {
  const bool of_baseline = of_ == PagesOf::baseline;
  put_name(text, "{pages}", of_baseline ? "baseline_pages" : "behind_pages");
  put_name(text, "{owner}", of_baseline ? "baseline" : "list");
  return text;
}

std::optional<StoredPage> BaselinePages::at_or_after(std::int64_t position, bool& damage) const {
  SQLite::Statement query(db_,
                          sql("SELECT position, entries, last_key, data, checksum FROM {pages} "
                              "WHERE {owner} = ? AND position >= ? ORDER BY position LIMIT 1"));
  query.bind(1, owner_);
  query.bind(2, position);
  if (!query.executeStep()) return std::nullopt;
  StoredPage page{
      {query.getColumn(0).getInt64(), from_sql(query.getColumn(1)), bytes_of(query.getColumn(2))},
      bytes_of(query.getColumn(3))};
  if (page_checksum(page.data, page.bound.entries) != query.getColumn(4).getInt64()) damage = true;
  return page;
}

std::optional<PageBound> BaselinePages::bound_at_or_after(std::int64_t position) const {
  SQLite::Statement query(
      db_, sql("SELECT position, entries, last_key FROM {pages} WHERE {owner} = ? AND "
               "position >= ? ORDER BY position LIMIT 1"));
  query.bind(1, owner_);
  query.bind(2, position);
  if (!query.executeStep()) return std::nullopt;
  return PageBound{query.getColumn(0).getInt64(), from_sql(query.getColumn(1)),
                   bytes_of(query.getColumn(2))};
}

std::optional<std::int64_t> BaselinePages::last_at_or_before(std::int64_t position) const {
  SQLite::Statement query(db_, sql("SELECT position FROM {pages} WHERE {owner} = ? AND position <= "
                                   "? ORDER BY position DESC LIMIT 1"));
  query.bind(1, owner_);
  query.bind(2, position);
  if (!query.executeStep()) return std::nullopt;
  return query.getColumn(0).getInt64();
}

void BaselinePages::insert(std::int64_t position, const PageWriter& page) {
  assert(page.entries() > 0 && position > 0 && position < kEnd);
  SQLite::Statement insert(db_, sql("INSERT INTO {pages} ({owner}, position, entries, checksum, "
                                    "last_key, data) VALUES (?, ?, ?, ?, ?, ?)"));
  insert.bind(1, owner_);
  insert.bind(2, position);
  insert.bind(3, to_sql(page.entries()));
  insert.bind(4, page_checksum(page.data(), page.entries()));
  bind_bytes(insert, 5, page.last_key());
  bind_bytes(insert, 6, page.data());
  insert.exec();
}

void BaselinePages::remove(std::int64_t position) {
  SQLite::Statement statement(db_, sql("DELETE FROM {pages} WHERE {owner} = ? AND position = ?"));
  statement.bind(1, owner_);
  statement.bind(2, position);
  const int removed = statement.exec();
  assert(removed == 1);
  static_cast<void>(removed);
}

std::int64_t BaselinePages::spread(std::int64_t position) {
  std::int64_t moved_to = position;
  std::vector<std::int64_t> positions;
  SQLite::Statement query(db_,
                          sql("SELECT position FROM {pages} WHERE {owner} = ? ORDER BY position"));
  query.bind(1, owner_);
  while (query.executeStep()) positions.push_back(query.getColumn(0).getInt64());
  // First out of the way, below all positions.
  SQLite::Statement aside(db_, sql("UPDATE {pages} SET position = -position WHERE {owner} = ?"));
  aside.bind(1, owner_);
  aside.exec();
  SQLite::Statement place(
      db_, sql("UPDATE {pages} SET position = ? WHERE {owner} = ? AND position = ?"));
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const std::int64_t to = kFirstPosition + static_cast<std::int64_t>(i) * kPositionStep;
    if (positions[i] == position) moved_to = to;
    place.bind(1, to);
    place.bind(2, owner_);
    place.bind(3, -positions[i]);
    place.exec();
    place.reset();
  }
  return moved_to;
}

}  // namespace rowplan::state
