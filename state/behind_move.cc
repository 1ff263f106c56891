#include "state/behind_move.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>

#include <algorithm>
#include <iterator>

#include "state/numbers.h"
#include "state/page_mover.h"

namespace rowplan::state {

namespace {

BehindKind kind_of(const std::string& name) {
  for (const BehindKind kind : {BehindKind::listed, BehindKind::unknown})
    if (name == behind_kind_name(kind)) return kind;
  return BehindKind::expired;
}

bool is_in(const std::vector<std::string>& members, const std::string& member) {
  return std::find(members.begin(), members.end(), member) != members.end();
}

std::vector<BaselineChange> all_gone(const std::vector<BaselineChange>& changes) {
  std::vector<BaselineChange> gone;
  gone.reserve(changes.size());
  for (const BaselineChange& change : changes) gone.push_back({change.key, std::nullopt});
  return gone;
}

}  // namespace

std::vector<BehindInfo> behind_lists(SQLite::Database& db, std::int64_t baseline) {
  std::vector<BehindInfo> lists;
  // A file of an older version, opened to be read, has no such table yet.
  if (!db.tableExists("behind_lists")) return lists;
  SQLite::Statement query(
      db,
      "SELECT id, member, kind, since, rows, pages FROM behind_lists WHERE baseline = ? ORDER BY "
      "member");
  query.bind(1, baseline);
  while (query.executeStep())
    lists.push_back({query.getColumn(0).getInt64(), query.getColumn(1).getString(),
                     kind_of(query.getColumn(2).getString()), query.getColumn(3).getString(),
                     from_sql(query.getColumn(4)), from_sql(query.getColumn(5))});
  return lists;
}

BehindInfo make_behind_list(SQLite::Database& db, std::int64_t baseline, const std::string& member,
                            BehindKind kind, const std::string& since) {
  SQLite::Statement insert(
      db, "INSERT INTO behind_lists (baseline, member, kind, since) VALUES (?, ?, ?, ?)");
  SQLite::bind(insert, baseline, member, behind_kind_name(kind), since);
  insert.exec();
  return {db.getLastInsertRowid(), member, kind, since, 0, 0};
}

void put_behind_list(SQLite::Database& db, const BehindInfo& list) {
  SQLite::Statement update(
      db, "UPDATE behind_lists SET kind = ?, since = ?, rows = ?, pages = ? WHERE id = ?");
  SQLite::bind(update, behind_kind_name(list.kind), list.since, to_sql(list.rows),
               to_sql(list.pages), list.id);
  update.exec();
}

void remove_behind_list(SQLite::Database& db, const BehindInfo& list) {
  SQLite::Statement statement(db, "DELETE FROM behind_lists WHERE id = ?");
  statement.bind(1, list.id);
  statement.exec();
}

void remove_behind_rows(SQLite::Database& db, BehindInfo& list) {
  SQLite::Statement statement(db, "DELETE FROM behind_pages WHERE list = ?");
  statement.bind(1, list.id);
  statement.exec();
  list.rows = list.pages = 0;
}

void move_behind_list(const Store& store, SQLite::Database& db, const BaselineInfo& baseline,
                      BehindInfo& list, const std::vector<BaselineChange>& changes,
                      const KeyOrder& order, bool keeps) {
  BaselinePages pages(db, PagesOf::behind_list, list.id);
  move_pages({pages, store.path(), baseline.address, baseline.value_bytes + 1, list.rows,
              list.pages, keeps},
             changes, order, {});
  put_behind_list(db, list);
}

BehindMove::BehindMove(const Store& store, SQLite::Database& db, const BaselineInfo& baseline,
                       const BaselineMembers& members)
    : store_(store), db_(db), baseline_(baseline), members_(members) {}

void BehindMove::saw(const BaselineChange& change, std::optional<std::string_view> old) {
  if (members_.missing.empty() || old == change.value) return;
  std::string value(1, old ? kBehindRow : kBehindNoRow);
  if (old) value += *old;
  value.resize(1 + baseline_.value_bytes);
  olds_.push_back({change.key, std::move(value)});
}

void BehindMove::move(const std::vector<BaselineChange>& changes, const KeyOrder& order) {
  std::vector<BehindInfo> lists = behind_lists(db_, baseline_.id);
  for (const std::string& member : members_.missing) {
    const bool known = std::any_of(lists.begin(), lists.end(),
                                   [&](const BehindInfo& list) { return list.member == member; });
    if (!known)
      lists.push_back(
          make_behind_list(db_, baseline_.id, member, BehindKind::listed, store_.now()));
  }
  for (BehindInfo& list : lists) {
    if (list.kind == BehindKind::expired) continue;
    if (is_in(members_.missing, list.member)) {
      if (list.kind == BehindKind::listed && !olds_.empty())
        move_behind_list(store_, db_, baseline_, list, olds_, order, true);
    } else if (is_in(members_.present, list.member) && list.rows > 0) {
      move_behind_list(store_, db_, baseline_, list, all_gone(changes), order, false);
    }
  }
}

}  // namespace rowplan::state
