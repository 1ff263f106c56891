#include "state/baseline_reader.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <utility>

#include "state/error.h"
#include "state/numbers.h"

namespace rowplan::state {

BaselineReader::BaselineReader(const Store& store, BaselineInfo baseline)
    : store_(store),
      baseline_(std::move(baseline)),
      owner_(baseline_.id),
      value_bytes_(baseline_.value_bytes),
      all_rows_(baseline_.rows),
      all_pages_(baseline_.pages) {}

BaselineReader::BaselineReader(const Store& store, BaselineInfo baseline, const BehindInfo& list)
    : store_(store),
      baseline_(std::move(baseline)),
      of_(PagesOf::behind_list),
      owner_(list.id),
      value_bytes_(baseline_.value_bytes + 1),
      all_rows_(list.rows),
      all_pages_(list.pages) {}

void BaselineReader::damaged(const std::string& how) const {
  throw StateError(store_.path(), StateErrorKind::corrupt,
                   "the baseline of " + baseline_.address + " is damaged: " + how);
}

bool BaselineReader::open_page() {
  std::optional<StoredPage> page;
  bool damage = false;
  std::uint64_t generation = 0;
  store_.read([&](SQLite::Database& db) {
    SQLite::Statement query(db, "SELECT generation FROM baselines WHERE id = ? AND whole = 1");
    query.bind(1, baseline_.id);
    generation = query.executeStep() ? from_sql(query.getColumn(0)) : baseline_.generation + 1;
    page = BaselinePages(db, of_, owner_).at_or_after(position_, damage);
  });
  if (generation != baseline_.generation)
    throw StateError(store_.path(), StateErrorKind::busy,
                     "the baseline of " + baseline_.address + " was moved while it was read");
  if (!page) return false;
  if (damage) damaged("a page is not as it was written");
  position_ = page->bound.position + 1;
  data_ = std::move(page->data);
  last_key_ = std::move(page->bound.last_key);
  left_in_page_ = page->bound.entries;
  page_ = PageReader(data_, value_bytes_);
  ++pages_;
  return true;
}

bool BaselineReader::next() {
  while (!page_.next()) {
    if (!page_.at_end() || left_in_page_ != 0 || page_.key() != last_key_)
      damaged("a page cannot be read");
    if (open_page()) continue;
    if (rows_ != all_rows_ || pages_ != all_pages_) damaged("pages are missing");
    return false;
  }
  if (left_in_page_-- == 0) damaged("a page has more than it should");
  ++rows_;
  return true;
}

}  // namespace rowplan::state
