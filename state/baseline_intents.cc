#include "state/baseline_intents.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>

#include <iterator>
#include <map>
#include <sstream>
#include <utility>

#include "state/baseline_page.h"
#include "state/error.h"
#include "state/numbers.h"
#include "state/schema.h"

namespace rowplan::state {

namespace {

constexpr std::int64_t kMembersSince = 5;  // version of the schema

/// The intents of one row of the table, which has the columns entries, value_bytes, checksum, data
/// from `first` on.
std::vector<BaselineIntent> intents_in(SQLite::Statement& query, int first, const Store& store,
                                       const std::string& address) {
  const std::uint64_t entries = from_sql(query.getColumn(first));
  const std::string data = query.getColumn(first + 3).getString();
  PageReader page(data, from_sql(query.getColumn(first + 1)));
  std::vector<BaselineIntent> intents;
  bool sound = page_checksum(data, entries) == query.getColumn(first + 2).getInt64();
  while (sound && page.next())
    intents.push_back({std::string(page.key()), std::string(page.value())});
  sound = sound && page.at_end() && intents.size() == entries;
  if (!sound)
    throw StateError(store.path(), StateErrorKind::corrupt,
                     "what was intended for " + address + " is damaged");
  return intents;
}

/// Names of servers have no spaces.
std::string joined(const std::vector<std::string>& members) {
  std::string text;
  for (const std::string& member : members) text += (text.empty() ? "" : " ") + member;
  return text;
}

std::vector<std::string> parted(const std::string& text) {
  std::istringstream words(text);
  return {std::istream_iterator<std::string>(words), std::istream_iterator<std::string>()};
}

PageWriter page_of(const std::vector<BaselineIntent>& intents) {
  PageWriter page(intents.empty() ? 0 : intents.front().value.size());
  for (const BaselineIntent& intent : intents) page.append(intent.key, intent.value);
  return page;
}

/// Puts `left` in the place of what stands there.
void replace(SQLite::Database& db, std::int64_t seq, const std::vector<BaselineIntent>& left) {
  if (left.empty()) {
    SQLite::Statement remove(db, "DELETE FROM baseline_intents WHERE seq = ?");
    remove.bind(1, seq);
    remove.exec();
    return;
  }
  const PageWriter page = page_of(left);
  SQLite::Statement update(
      db, "UPDATE baseline_intents SET entries = ?, checksum = ?, data = ? WHERE seq = ?");
  SQLite::bind(update, to_sql(page.entries()), page_checksum(page.data(), page.entries()));
  update.bind(3, static_cast<const void*>(page.data().data()),
              static_cast<int>(page.data().size()));
  update.bind(4, seq);
  update.exec();
}

}  // namespace

void BaselineIntents::put(const std::string& address, const PlanRef& plan, std::uint64_t unit,
                          const UnitIntents& intents) {
  const std::size_t width = intents.intents.empty() ? 0 : intents.intents.front().value.size();
  const PageWriter page = page_of(intents.intents);
  store_.write([&](SQLite::Database& db) {
    settle(address, plan, unit);
    SQLite::Statement insert(db,
                             "INSERT INTO baseline_intents (address, plan_id, "
                             "plan_digest, unit, members, entries, value_bytes, checksum, data) "
                             "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    SQLite::bind(insert, address, plan.plan_id, plan.plan_digest, to_sql(unit),
                 joined(intents.members), to_sql(page.entries()), to_sql(width),
                 page_checksum(page.data(), page.entries()));
    insert.bind(9, static_cast<const void*>(page.data().data()),
                static_cast<int>(page.data().size()));
    insert.exec();
  });
}

std::vector<UnitIntents> BaselineIntents::all(const std::string& address) const {
  std::vector<UnitIntents> all;
  store_.read([&](SQLite::Database& db) {
    // A file of an older version, opened to be read, has no such table yet.
    if (!db.tableExists("baseline_intents")) return;
    // Nor has one that is older by less this column.
    const bool named = schema_version(db) >= kMembersSince;
    SQLite::Statement query(db, std::string("SELECT ") + (named ? "members" : "''") +
                                    ", entries, value_bytes, checksum, data FROM baseline_intents "
                                    "WHERE address = ? ORDER BY seq");
    query.bind(1, address);
    while (query.executeStep())
      all.push_back(
          {parted(query.getColumn(0).getString()), intents_in(query, 1, store_, address)});
  });
  return all;
}

std::optional<std::string> BaselineIntents::newest_plan(const std::string& address) const {
  std::optional<std::string> newest;
  store_.read([&](SQLite::Database& db) {
    if (!db.tableExists("baseline_intents")) return;
    SQLite::Statement query(db, "SELECT MAX(plan_id) FROM baseline_intents WHERE address = ?");
    query.bind(1, address);
    if (query.executeStep() && !query.getColumn(0).isNull())
      newest = query.getColumn(0).getString();
  });
  return newest;
}

void BaselineIntents::settle(const std::string& address, const PlanRef& plan, std::uint64_t unit) {
  store_.write(
      [&](SQLite::Database& db) {
        SQLite::Statement statement(db,
                                    "DELETE FROM baseline_intents WHERE address = ? AND plan_id = "
                                    "? AND plan_digest = ? AND unit = ?");
        SQLite::bind(statement, address, plan.plan_id, plan.plan_digest, to_sql(unit));
        statement.exec();
      },
      Store::Sync::later);
}

void BaselineIntents::settle_rows(const std::string& address,
                                  const std::function<bool(std::string_view)>& is_settled) {
  store_.write(
      [&](SQLite::Database& db) {
        std::map<std::int64_t, std::vector<BaselineIntent>> changed;  // by seq: those that stay
        SQLite::Statement query(db,
                                "SELECT seq, entries, value_bytes, checksum, data FROM "
                                "baseline_intents WHERE address = ?");
        query.bind(1, address);
        while (query.executeStep()) {
          std::vector<BaselineIntent> intents = intents_in(query, 1, store_, address);
          const auto settled = [&](const auto& intent) { return is_settled(intent.key); };
          if (std::erase_if(intents, settled) > 0)
            changed[query.getColumn(0).getInt64()] = std::move(intents);
        }
        for (const auto& [seq, left] : changed) replace(db, seq, left);
      },
      Store::Sync::later);
}

void BaselineIntents::settle_all(const std::string& address) {
  store_.write(
      [&](SQLite::Database& db) {
        SQLite::Statement statement(db, "DELETE FROM baseline_intents WHERE address = ?");
        statement.bind(1, address);
        statement.exec();
      },
      Store::Sync::later);
}

}  // namespace rowplan::state
