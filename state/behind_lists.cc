#include "state/behind_lists.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>

#include "state/baseline_record.h"
#include "state/behind_move.h"

namespace rowplan::state {

namespace {

BehindInfo* find(std::vector<BehindInfo>& lists, const std::string& member) {
  const auto found = std::find_if(lists.begin(), lists.end(),
                                  [&](const BehindInfo& list) { return list.member == member; });
  return found == lists.end() ? nullptr : &*found;
}

std::vector<BaselineChange> unknown_rows(const std::vector<std::string>& keys,
                                         std::uint64_t value_bytes) {
  std::string value(1, kBehindUnknown);
  value.resize(1 + value_bytes);
  std::vector<BaselineChange> rows;
  for (const std::string& key : keys) rows.push_back({key, value});
  return rows;
}

}  // namespace

const char* behind_kind_name(BehindKind kind) noexcept {
  switch (kind) {
    case BehindKind::listed:
      return "listed";
    case BehindKind::unknown:
      return "unknown";
    case BehindKind::expired:
      return "expired";
  }
  return "";
}

std::vector<BehindInfo> BehindLists::of(const BaselineInfo& baseline) const {
  std::vector<BehindInfo> lists;
  store_.read([&](SQLite::Database& db) { lists = behind_lists(db, baseline.id); });
  return lists;
}

void BehindLists::missed(const BaselineInfo& baseline, const std::vector<std::string>& members) {
  if (members.empty()) return;
  store_.write([&](SQLite::Database& db) {
    std::vector<BehindInfo> lists = behind_lists(db, baseline.id);
    for (const std::string& member : members) {
      BehindInfo* const list = find(lists, member);
      if (list == nullptr) {
        static_cast<void>(
            make_behind_list(db, baseline.id, member, BehindKind::listed, store_.now()));
      } else if (list->since.empty()) {
        list->since = store_.now();
        put_behind_list(db, *list);
      }
    }
  });
}

/// `work` tells whether it changed anything.
std::optional<BaselineInfo> BehindLists::change(
    const BaselineInfo& from, const std::function<bool(SQLite::Database&)>& work) {
  std::optional<BaselineInfo> now;
  store_.write([&](SQLite::Database& db) {
    now = same_baseline(db, from);
    if (!now || !work(db)) return;
    ++now->generation;
    put_baseline(db, *now);
  });
  return now;
}

std::optional<BaselineInfo> BehindLists::caught_up(const BaselineInfo& from,
                                                   const std::vector<std::string>& members,
                                                   const std::vector<std::string>& left,
                                                   const KeyOrder& order) {
  return change(from, [&](SQLite::Database& db) {
    bool changed = false;
    for (BehindInfo& list : behind_lists(db, from.id)) {
      if (std::find(members.begin(), members.end(), list.member) == members.end()) continue;
      if (list.kind == BehindKind::unknown)
        move_behind_list(store_, db, from, list, unknown_rows(left, from.value_bytes), order,
                         false);
      changed = changed || list.kind != BehindKind::listed || !list.since.empty();
      list.kind = BehindKind::listed;
      list.since.clear();
      if (list.rows == 0)
        remove_behind_list(db, list);
      else
        put_behind_list(db, list);
    }
    return changed;
  });
}

std::optional<BaselineInfo> BehindLists::expire(const BaselineInfo& from,
                                                const std::vector<std::string>& members,
                                                const std::string& time) {
  return change(from, [&](SQLite::Database& db) {
    bool changed = false;
    for (BehindInfo& list : behind_lists(db, from.id)) {
      const bool away = std::find(members.begin(), members.end(), list.member) != members.end() &&
                        list.kind == BehindKind::listed && !list.since.empty();
      if (!away || list.since >= time) continue;
      changed = true;
      remove_behind_rows(db, list);
      list.kind = BehindKind::expired;
      put_behind_list(db, list);
    }
    return changed;
  });
}

std::optional<BaselineInfo> BehindLists::forget(const BaselineInfo& from,
                                                const std::string& member) {
  return change(from, [&](SQLite::Database& db) {
    std::vector<BehindInfo> lists = behind_lists(db, from.id);
    BehindInfo* list = find(lists, member);
    if (list == nullptr) {
      static_cast<void>(make_behind_list(db, from.id, member, BehindKind::unknown, ""));
      return true;
    }
    remove_behind_rows(db, *list);
    list->kind = BehindKind::unknown;
    put_behind_list(db, *list);
    return true;
  });
}

}  // namespace rowplan::state
