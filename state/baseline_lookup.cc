#include "state/baseline_lookup.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <utility>

#include "state/baseline_pages.h"
#include "state/error.h"
#include "state/numbers.h"

namespace rowplan::state {

namespace {

bool is_as_it_was(SQLite::Database& db, const BaselineInfo& info) {
  SQLite::Statement query(db, "SELECT generation FROM baselines WHERE id = ? AND whole = 1");
  query.bind(1, info.id);
  return query.executeStep() && from_sql(query.getColumn(0)) == info.generation;
}

[[noreturn]] void moved(const Store& store, const BaselineInfo& info) {
  throw StateError(store.path(), StateErrorKind::busy,
                   "the baseline of " + info.address + " was moved while it was read");
}

}  // namespace

BaselineLookup::BaselineLookup(const Store& store, BaselineInfo info, KeyOrder order)
    : store_(store), info_(std::move(info)), order_(std::move(order)) {
  bool same = false;
  bool whole = false;
  store_.read([&](SQLite::Database& db) {
    same = is_as_it_was(db, info_);
    SQLite::Statement query(
        db, "SELECT COUNT(*), COALESCE(SUM(entries), 0) FROM baseline_pages WHERE baseline = ?");
    query.bind(1, info_.id);
    whole = query.executeStep() && from_sql(query.getColumn(0)) == info_.pages &&
            from_sql(query.getColumn(1)) == info_.rows;
  });
  if (!same) moved(store_, info_);
  if (!whole) damaged("pages are missing");
}

void BaselineLookup::damaged(const std::string& how) const {
  throw StateError(store_.path(), StateErrorKind::corrupt,
                   "the baseline of " + info_.address + " is damaged: " + how);
}

bool BaselineLookup::find(std::string_view key) {
  if ((!open_ || order_(last_key_, key) < 0) && !open_page_of(key)) return false;
  while (order_(page_.key(), key) < 0) next_entry();
  return order_(page_.key(), key) == 0;
}

/// The first page whose last key is not before `key`. False: all of them end before it.
bool BaselineLookup::open_page_of(std::string_view key) {
  open_ = false;
  std::optional<StoredPage> page;
  bool same = false;
  bool damage = false;
  store_.read([&](SQLite::Database& db) {
    same = is_as_it_was(db, info_);
    const BaselinePages pages(db, PagesOf::baseline, info_.id);
    const auto position =
        pages.find(from_, [&](const std::string& last) { return order_(last, key) < 0; });
    if (position) page = pages.at_or_after(*position, damage);
  });
  if (!same) moved(store_, info_);
  if (!page) return false;
  if (damage) damaged("a page is not as it was written");
  from_ = page->bound.position + 1;
  data_ = std::move(page->data);
  last_key_ = std::move(page->bound.last_key);
  left_in_page_ = page->bound.entries;
  page_ = PageReader(data_, info_.value_bytes);
  open_ = true;
  next_entry();
  return true;
}

/// There is one: what is looked for is not behind the page's last key.
void BaselineLookup::next_entry() {
  if (left_in_page_ == 0 || !page_.next()) damaged("a page cannot be read");
  --left_in_page_;
}

}  // namespace rowplan::state
