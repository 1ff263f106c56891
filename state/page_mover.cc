#include "state/page_mover.h"

#include <algorithm>
#include <utility>

#include "state/error.h"

namespace rowplan::state {

namespace {

constexpr std::uint64_t kSparseEntries = kPageEntries / 4;

/// Rewrites the pages that changes fall into.
class Mover {
 public:
  Mover(const MovedList& list, const KeyOrder& order, const SeenOld& old)
      : list_(list), order_(order), old_(old), pages_(list.list) {}

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
    throw StateError(list_.path, StateErrorKind::corrupt,
                     "the baseline of " + list_.address + " is damaged");
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
    PageReader entries(page->data, list_.value_bytes);
    std::uint64_t seen = 0;
    for (; entries.next(); ++seen) {
      for (; next_ != end_ && order_(next_->key, entries.key()) < 0; ++next_) add(*next_);
      if (next_ != end_ && order_(next_->key, entries.key()) == 0) {
        replace(*next_++, entries.value());
      } else {
        append(entries.key(), entries.value());
      }
    }
    if (!entries.at_end() || seen != page->bound.entries || entries.key() != page->bound.last_key)
      damaged();
    pages_.remove(position);
    --list_.pages;
    return pages_.bound_at_or_after(position);
  }

  void replace(const BaselineChange& change, std::string_view old) {
    if (list_.keeps && change.value) return append(change.key, old);
    if (old_) old_(change, old);
    if (!change.value) {
      --list_.rows;
      return;
    }
    append(change.key, *change.value);
  }

  void add(const BaselineChange& change) {
    if (old_) old_(change, std::nullopt);
    if (!change.value) return;
    append(change.key, *change.value);
    ++list_.rows;
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
    PageWriter page(list_.value_bytes);
    for (std::size_t i = 0, done = 0; i < pages; ++i) {
      for (const std::size_t end = entries_.size() * (i + 1) / pages; done < end; ++done)
        page.append(entries_[done].first, entries_[done].second);
      before = first_of_all && i == 0 ? kFirstPosition : before + step;
      pages_.insert(before, page);
      page.clear();
    }
    list_.pages += pages;
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

  const MovedList& list_;
  const KeyOrder& order_;
  const SeenOld& old_;
  BaselinePages& pages_;
  std::vector<std::pair<std::string, std::string>> entries_;  // at hand
  std::size_t bytes_ = 0;                                     // of them
  std::vector<BaselineChange>::const_iterator next_;
  std::vector<BaselineChange>::const_iterator end_;
  std::int64_t from_ = 0;  // where pages begin that may take the next change
};

}  // namespace

void move_pages(const MovedList& list, const std::vector<BaselineChange>& changes,
                const KeyOrder& order, const SeenOld& old) {
  Mover(list, order, old).move(changes);
}

}  // namespace rowplan::state
