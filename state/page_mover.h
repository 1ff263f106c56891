// Changes some keys of a list that is kept in pages: of a baseline, or of what a member is behind
// it. Internal to state/.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "state/baseline_pages.h"
#include "state/baselines.h"

namespace rowplan::state {

struct MovedList {
  BaselinePages& list;
  const std::string& path;     ///< of the state file, for messages
  const std::string& address;  ///< likewise
  std::uint64_t value_bytes = 0;
  std::uint64_t& rows;   ///< of the whole list; kept in step
  std::uint64_t& pages;  ///< likewise
  bool keeps = false;    ///< a value that stands there stays; only what is gone goes
};

/// Told of each change, what stood there before.
using SeenOld =
    std::function<void(const BaselineChange& change, std::optional<std::string_view> old)>;

/// `changes` rise. Within a transaction of the caller's. Throws SQLite::Exception; StateError
/// (corrupt) where a page that changes is damaged.
void move_pages(const MovedList& list, const std::vector<BaselineChange>& changes,
                const KeyOrder& order, const SeenOld& old);

}  // namespace rowplan::state
