// Which rows an incremental run reads, and where the watermark goes then.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mysql/source_clock.h"
#include "planner/incremental.h"

namespace rowplan::planner {

/// Of one table. Rows are read that are stamped from `low` on and before `to`.
struct Window {
  std::optional<std::string> from;  ///< the stored watermark, as it stands there
  std::optional<Instant> low;       ///< nullopt: all rows are compared
  Instant to;                       ///< where the watermark goes
  std::string to_text;              ///< with the column's precision
};

/// The source's, or of a two-way table each member's, in their order: all have a `low`, or none
/// has. Empty: the table is not incremental.
using TableWindows = std::vector<Window>;

[[nodiscard]] inline bool is_by_window(const TableWindows& windows) {
  return !windows.empty() && windows.front().low.has_value();
}

/// What keeps a window from reaching the present.
struct Bound {
  Instant at;
  const mysql::Holder* holder = nullptr;  ///< the statement or transaction that it is, if one
};

/// The least of now - settle, the oldest statement or transaction, and the appliers' positions.
/// Every applier's position is known.
[[nodiscard]] Bound upper_bound(const mysql::SourceClock& clock, const Incremental& incremental);

enum class WindowKind : std::uint8_t {
  changes,        ///< rows since the watermark
  empty,          ///< the bound is before the watermark: nothing new can be read yet
  full,           ///< no watermark: all rows
  clock_is_back,  ///< the source's clock is before the watermark: all rows, and the watermark goes
                  ///< back
};

/// What make_window goes by.
struct WindowFacts {
  std::optional<Instant> stored;  ///< the watermark: `window.from`, read
  bool all_rows = false;          ///< whatever the watermark says
  Instant bound;
  Instant now;          ///< the source's clock
  unsigned digits = 6;  ///< of the column's fraction
};

/// Pure. The watermark never goes back, unless the clock has.
[[nodiscard]] WindowKind make_window(const Incremental& incremental, const WindowFacts& facts,
                                     Window& window);

}  // namespace rowplan::planner
