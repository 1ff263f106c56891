// How many rows a run, or the last run of a pair, touched.
#pragma once

#include <cstdint>

namespace rowplan::state {

struct RowCounts {
  std::uint64_t inserted = 0;
  std::uint64_t updated = 0;
  std::uint64_t deleted = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t kept = 0;  ///< rows only on the target that `deletes = "ignore"` left

  friend bool operator==(const RowCounts&, const RowCounts&) = default;
};

}  // namespace rowplan::state
