#include "state/baselines.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "state/baseline_pages.h"
#include "state/baseline_record.h"
#include "state/behind_move.h"
#include "state/error.h"
#include "state/page_mover.h"

namespace rowplan::state {

std::optional<BaselineInfo> Baselines::find(const std::string& address) const {
  std::optional<BaselineInfo> info;
  store_.read([&](SQLite::Database& db) { info = find_baseline(db, address); });
  return info;
}

std::vector<BaselineInfo> Baselines::all() const {
  std::vector<BaselineInfo> found;
  store_.read([&](SQLite::Database& db) {
    std::vector<std::string> addresses;
    SQLite::Statement query(db, "SELECT address FROM baselines WHERE whole = 1 ORDER BY address");
    while (query.executeStep()) addresses.push_back(query.getColumn(0).getString());
    for (const std::string& address : addresses)
      if (auto info = find_baseline(db, address)) found.push_back(*std::move(info));
  });
  return found;
}

std::optional<BaselineInfo> Baselines::find_fitting(const std::string& address,
                                                    const std::string& fits) const {
  auto info = find(address);
  if (info && info->fits != fits)
    throw StateError(
        store_.path(), StateErrorKind::misfit,
        "the baseline of " + address +
            " is of other members, another job or other columns; 'rowplan state rebase " + address +
            "' forgets it");
  return info;
}

std::optional<BaselineInfo> Baselines::move(const BaselineInfo& from,
                                            const std::vector<BaselineChange>& changes,
                                            const KeyOrder& order, const std::string& plan_id,
                                            const BaselineMembers& members) {
  std::optional<BaselineInfo> moved;
  store_.write(
      [&](SQLite::Database& db) {
        moved = same_baseline(db, from);
        if (!moved) return;
        assert(std::is_sorted(changes.begin(), changes.end(), [&](const auto& a, const auto& b) {
          return order(a.key, b.key) < 0;
        }));
        BehindMove behind(store_, db, *moved, members);
        BaselinePages pages(db, PagesOf::baseline, moved->id);
        move_pages({pages, store_.path(), moved->address, moved->value_bytes, moved->rows,
                    moved->pages, false},
                   changes, order,
                   [&](const BaselineChange& change, std::optional<std::string_view> old) {
                     behind.saw(change, old);
                   });
        behind.move(changes, order);
        ++moved->generation;
        moved->moved_at = store_.now();
        moved->plan_id = plan_id;
        put_baseline(db, *moved);
      },
      Store::Sync::later);
  return moved;
}

bool Baselines::remove(const std::string& address) {
  bool removed = false;
  store_.write([&](SQLite::Database& db) {
    SQLite::Statement statement(db, "DELETE FROM baselines WHERE address = ?");
    statement.bind(1, address);
    removed = statement.exec() > 0;
  });
  return removed;
}

}  // namespace rowplan::state
