#include "state/baseline_intents.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>

#include <cassert>

#include "state/baseline_page.h"
#include "state/error.h"
#include "state/numbers.h"

namespace rowplan::state {

void BaselineIntents::put(const std::string& address, const PlanRef& plan, std::uint64_t unit,
                          const std::vector<BaselineIntent>& intents) {
  const std::size_t width = intents.empty() ? 0 : intents.front().value.size();
  PageWriter page(width);
  for (const BaselineIntent& intent : intents) page.append(intent.key, intent.value);
  store_.write([&](SQLite::Database& db) {
    settle(address, plan, unit);
    SQLite::Statement insert(db,
                             "INSERT INTO baseline_intents (address, plan_id, "
                             "plan_digest, unit, entries, value_bytes, checksum, data) VALUES (?, "
                             "?, ?, ?, ?, ?, ?, ?)");
    SQLite::bind(insert, address, plan.plan_id, plan.plan_digest, to_sql(unit),
                 to_sql(page.entries()), to_sql(width), page_checksum(page.data(), page.entries()));
    insert.bind(8, static_cast<const void*>(page.data().data()),
                static_cast<int>(page.data().size()));
    insert.exec();
  });
}

std::vector<BaselineIntent> BaselineIntents::all(const std::string& address) const {
  std::vector<BaselineIntent> intents;
  store_.read([&](SQLite::Database& db) {
    // A file of an older version, opened to be read, has no such table yet.
    if (!db.tableExists("baseline_intents")) return;
    SQLite::Statement query(db,
                            "SELECT entries, value_bytes, checksum, data FROM baseline_intents "
                            "WHERE address = ? ORDER BY seq");
    query.bind(1, address);
    while (query.executeStep()) {
      const std::uint64_t entries = from_sql(query.getColumn(0));
      const std::string data = query.getColumn(3).getString();
      PageReader page(data, from_sql(query.getColumn(1)));
      const std::size_t before = intents.size();
      bool sound = page_checksum(data, entries) == query.getColumn(2).getInt64();
      while (sound && page.next())
        intents.push_back({std::string(page.key()), std::string(page.value())});
      sound = sound && page.at_end() && intents.size() - before == entries;
      if (!sound)
        throw StateError(store_.path(), StateErrorKind::corrupt,
                         "what was intended for " + address + " is damaged");
    }
  });
  return intents;
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
