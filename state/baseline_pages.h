// The pages of one baseline, or of what a member is behind it, in the database. Internal to state/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "state/baseline_page.h"

namespace SQLite {
class Database;
}

namespace rowplan::state {

inline constexpr std::uint64_t kPageEntries = 512;
inline constexpr std::size_t kPageBytes = 32U << 10U;  ///< from here on it is full, too

[[nodiscard]] inline bool is_full(const PageWriter& page) {
  return page.entries() >= kPageEntries || page.data().size() >= kPageBytes;
}

/// Positions only rise in the order of the pages; there is room between them.
inline constexpr std::int64_t kFirstPosition = std::int64_t{1} << 60U;
inline constexpr std::int64_t kPositionStep = std::int64_t{1} << 32U;

struct PageBound {
  std::int64_t position = 0;
  std::uint64_t entries = 0;
  std::string last_key;
};

struct StoredPage {
  PageBound bound;
  std::string data;
};

enum class PagesOf : std::uint8_t { baseline, behind_list };

/// Within a transaction of the caller's. Throws SQLite::Exception.
class BaselinePages {
 public:
  /// `owner`: the id of the baseline or of the list.
  BaselinePages(SQLite::Database& db, PagesOf of, std::int64_t owner)
      : db_(db), of_(of), owner_(owner) {}

  /// The first page at `position` or behind it. `damage`: set where it is not as it was written.
  [[nodiscard]] std::optional<StoredPage> at_or_after(std::int64_t position, bool& damage) const;
  [[nodiscard]] std::optional<PageBound> bound_at_or_after(std::int64_t position) const;
  /// Of the pages at `from` or behind it the first whose last key is not before `key`: its
  /// position.
  template <typename IsBefore>
  [[nodiscard]] std::optional<std::int64_t> find(std::int64_t from,
                                                 const IsBefore& is_before) const {
    std::optional<std::int64_t> found;
    std::optional<std::int64_t> last = last_at_or_before(kEnd);
    while (last && from <= *last) {
      const std::int64_t middle = from + (*last - from) / 2;
      const PageBound bound = bound_at_or_after(middle).value();
      if (is_before(bound.last_key)) {
        from = bound.position + 1;
      } else {
        found = bound.position;
        last = last_at_or_before(middle - 1);
      }
    }
    return found;
  }
  [[nodiscard]] std::optional<std::int64_t> last_at_or_before(std::int64_t position) const;

  void insert(std::int64_t position, const PageWriter& page);
  void remove(std::int64_t position);
  /// Makes room between all of them. Where the page is now that was at `position`.
  std::int64_t spread(std::int64_t position);

  static constexpr std::int64_t kEnd = std::int64_t{1} << 62U;

 private:
  /// With the names of this kind's table and column in the places of {pages} and {owner}.
  [[nodiscard]] std::string sql(std::string text) const;

  SQLite::Database& db_;
  PagesOf of_;
  std::int64_t owner_;
};

}  // namespace rowplan::state
