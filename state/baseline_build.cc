#include "state/baseline_build.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>

#include <utility>

#include "state/baseline_pages.h"
#include "state/numbers.h"

namespace rowplan::state {

namespace {

constexpr std::size_t kPagesAtOnce = 64;  // in a transaction: one or two megabytes

}  // namespace

BaselineBuild::BaselineBuild(Store& store, std::string address, std::string fits,
                             std::uint64_t value_bytes)
    : store_(store), address_(std::move(address)), page_(value_bytes) {
  store_.write(
      [&](SQLite::Database& db) {
        SQLite::Statement forget(db, "DELETE FROM baselines WHERE address = ? AND whole = 0");
        forget.bind(1, address_);
        forget.exec();
        SQLite::Statement insert(
            db, "INSERT INTO baselines (address, whole, fits, value_bytes) VALUES (?, 0, ?, ?)");
        SQLite::bind(insert, address_, fits, to_sql(value_bytes));
        insert.exec();
        id_ = db.getLastInsertRowid();
      },
      Store::Sync::later);
}

void BaselineBuild::append(std::string_view key, std::string_view value) {
  if (is_full(page_)) {
    full_.push_back(page_);
    page_.clear();
    if (full_.size() >= kPagesAtOnce) write_pages();
  }
  page_.append(key, value);
  ++rows_;
}

void BaselineBuild::write_pages() {
  store_.write(
      [&](SQLite::Database& db) {
        BaselinePages pages(db, PagesOf::baseline, id_);
        for (const PageWriter& page : full_)
          pages.insert(kFirstPosition + static_cast<std::int64_t>(pages_++) * kPositionStep, page);
      },
      Store::Sync::later);
  full_.clear();
}

BaselineInfo BaselineBuild::finish(const std::string& plan_id) {
  if (page_.entries() > 0) full_.push_back(page_);
  page_.clear();
  write_pages();
  store_.write([&](SQLite::Database& db) {
    SQLite::Statement old(db, "DELETE FROM baselines WHERE address = ? AND whole = 1");
    old.bind(1, address_);
    old.exec();
    SQLite::Statement done(db,
                           "UPDATE baselines SET whole = 1, rows = ?, pages = ?, moved_at = ?, "
                           "plan_id = ? WHERE id = ?");
    SQLite::bind(done, to_sql(rows_), to_sql(pages_), store_.now(), plan_id, id_);
    done.exec();
  });
  return Baselines(store_).find(address_).value();
}

}  // namespace rowplan::state
