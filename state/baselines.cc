#include "state/baselines.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "state/baseline_pages.h"
#include "state/error.h"
#include "state/numbers.h"

namespace rowplan::state {

namespace {

constexpr std::uint64_t kSparseEntries = kPageEntries / 4;

std::optional<BaselineInfo> find_in(SQLite::Database& db, const std::string& address) {
  // A file of an older version, opened to be read, has no such table yet.
  if (!db.tableExists("baselines")) return std::nullopt;
  SQLite::Statement query(
      db,
      "SELECT id, address, fits, value_bytes, generation, rows, pages, moved_at, plan_id FROM "
      "baselines WHERE address = ? AND whole = 1");
  query.bind(1, address);
  if (!query.executeStep()) return std::nullopt;
  BaselineInfo info;
  info.id = query.getColumn(0).getInt64();
  info.address = query.getColumn(1).getString();
  info.fits = query.getColumn(2).getString();
  info.value_bytes = from_sql(query.getColumn(3));
  info.generation = from_sql(query.getColumn(4));
  info.rows = from_sql(query.getColumn(5));
  info.pages = from_sql(query.getColumn(6));
  info.moved_at = query.getColumn(7).getString();
  info.plan_id = query.getColumn(8).getString();
  return info;
}

void put(SQLite::Database& db, const BaselineInfo& info) {
  SQLite::Statement update(db,
                           "UPDATE baselines SET generation = ?, rows = ?, pages = ?, moved_at = "
                           "?, plan_id = ? WHERE id = ?");
  SQLite::bind(update, to_sql(info.generation), to_sql(info.rows), to_sql(info.pages),
               info.moved_at, info.plan_id, info.id);
  update.exec();
}

/// Rewrites the pages that changes fall into.
class Mover {
 public:
  Mover(SQLite::Database& db, const std::string& path, BaselineInfo& info, const KeyOrder& order)
      : path_(path), info_(info), order_(order), pages_(db, info.id) {}

  void move(const std::vector<BaselineChange>& changes) {
    for (next_ = changes.begin(), end_ = changes.end(); next_ != end_;) {
      const auto found =
          pages_.find(from_, [&](const std::string& key) { return order_(key, next_->key) < 0; });
      // Behind the last key: they go to the last page.
      rewrite(found ? found : pages_.last_at_or_before(BaselinePages::kEnd));
    }
  }

 private:
  [[noreturn]] void damaged() const {
    throw StateError(path_, StateErrorKind::corrupt,
                     "the baseline of " + info_.address + " is damaged");
  }

  /// Merges into the page at `position` what belongs there, and takes the pages behind it along as
  /// long as all that is sparse.
  void rewrite(std::optional<std::int64_t> position) {
    std::optional<std::int64_t> before;
    if (position) before = pages_.last_at_or_before(*position - 1);
    std::optional<PageBound> following;
    while (position) {
      following = merge_into(*position);
      const bool sparse =
          entries_.size() < kSparseEntries && following && following->entries < kSparseEntries;
      position = sparse ? std::optional(following->position) : std::nullopt;
    }
    if (!following)
      for (; next_ != end_; ++next_) add(*next_);
    store(before.value_or(0));
  }

  /// Takes the page out, with what changed in it. The page behind it.
  std::optional<PageBound> merge_into(std::int64_t position) {
    bool damage = false;
    const auto page = pages_.at_or_after(position, damage);
    if (!page || damage || page->bound.position != position) damaged();
    PageReader entries(page->data, info_.value_bytes);
    std::uint64_t seen = 0;
    for (; entries.next(); ++seen) {
      for (; next_ != end_ && order_(next_->key, entries.key()) < 0; ++next_) add(*next_);
      if (next_ != end_ && order_(next_->key, entries.key()) == 0) {
        --info_.rows;
        add(*next_++);
      } else {
        append(entries.key(), entries.value());
      }
    }
    if (!entries.at_end() || seen != page->bound.entries || entries.key() != page->bound.last_key)
      damaged();
    pages_.remove(position);
    --info_.pages;
    return pages_.bound_at_or_after(position);
  }

  void add(const BaselineChange& change) {
    if (!change.value) return;
    append(change.key, *change.value);
    ++info_.rows;
  }

  void append(std::string_view key, std::string_view value) {
    entries_.emplace_back(key, value);
    bytes_ += key.size() + value.size();
  }

  /// Places what is at hand behind `before`, in pages of one size; the rest is behind them.
  void store(std::int64_t before) {
    const std::size_t pages = pages_wanted();
    if (step_after(before, pages) == 0) before = pages_.spread(before);
    const std::int64_t step = step_after(before, pages);
    const bool first_of_all = before == 0 && !pages_.bound_at_or_after(1);
    PageWriter page(info_.value_bytes);
    for (std::size_t i = 0, done = 0; i < pages; ++i) {
      for (const std::size_t end = entries_.size() * (i + 1) / pages; done < end; ++done)
        page.append(entries_[done].first, entries_[done].second);
      before = first_of_all && i == 0 ? kFirstPosition : before + step;
      pages_.insert(before, page);
      page.clear();
    }
    info_.pages += pages;
    entries_.clear();
    bytes_ = 0;
    from_ = before + 1;
  }

  [[nodiscard]] std::size_t pages_wanted() const {
    const std::size_t by_bytes = (bytes_ + kPageBytes - 1) / kPageBytes;
    const std::size_t by_entries = (entries_.size() + kPageEntries - 1) / kPageEntries;
    return std::min(entries_.size(), std::max(by_bytes, by_entries));
  }

  /// How far apart so many pages go; 0: there is no room.
  [[nodiscard]] std::int64_t step_after(std::int64_t before, std::size_t pages) const {
    const auto following = pages_.bound_at_or_after(before + 1);
    if (!following) return kPositionStep;
    return (following->position - before) / static_cast<std::int64_t>(pages + 1);
  }

  const std::string& path_;
  BaselineInfo& info_;
  const KeyOrder& order_;
  BaselinePages pages_;
  std::vector<std::pair<std::string, std::string>> entries_;  // at hand
  std::size_t bytes_ = 0;                                     // of them
  std::vector<BaselineChange>::const_iterator next_;
  std::vector<BaselineChange>::const_iterator end_;
  std::int64_t from_ = 0;  // where pages begin that may take the next change
};

}  // namespace

std::optional<BaselineInfo> Baselines::find(const std::string& address) const {
  std::optional<BaselineInfo> info;
  store_.read([&](SQLite::Database& db) { info = find_in(db, address); });
  return info;
}

std::vector<BaselineInfo> Baselines::all() const {
  std::vector<BaselineInfo> found;
  store_.read([&](SQLite::Database& db) {
    std::vector<std::string> addresses;
    SQLite::Statement query(db, "SELECT address FROM baselines WHERE whole = 1 ORDER BY address");
    while (query.executeStep()) addresses.push_back(query.getColumn(0).getString());
    for (const std::string& address : addresses)
      if (auto info = find_in(db, address)) found.push_back(*std::move(info));
  });
  return found;
}

std::optional<BaselineInfo> Baselines::find_fitting(const std::string& address,
                                                    const std::string& fits) const {
  auto info = find(address);
  if (info && info->fits != fits)
    throw StateError(
        store_.path(), StateErrorKind::misfit,
        "the baseline of " + address + " is of other members, another job or other columns");
  return info;
}

std::optional<BaselineInfo> Baselines::move(const BaselineInfo& from,
                                            const std::vector<BaselineChange>& changes,
                                            const KeyOrder& order, const std::string& plan_id) {
  std::optional<BaselineInfo> moved;
  store_.write(
      [&](SQLite::Database& db) {
        moved = find_in(db, from.address);
        if (!moved || moved->id != from.id || moved->generation != from.generation) {
          moved.reset();
          return;
        }
        assert(std::is_sorted(changes.begin(), changes.end(), [&](const auto& a, const auto& b) {
          return order(a.key, b.key) < 0;
        }));
        Mover(db, store_.path(), *moved, order).move(changes);
        ++moved->generation;
        moved->moved_at = store_.now();
        moved->plan_id = plan_id;
        put(db, *moved);
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
