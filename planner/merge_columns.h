// The merge of the cells of one row that several members changed: changes to different columns
// stand side by side. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "planner/merge_policy.h"

namespace rowplan::planner {

/// A member's cell against the baseline.
enum class CellState : std::uint8_t {
  absent,   ///< the member does not have the row
  base,     ///< as all had it
  behind,   ///< as the member had it when it last took part; the others have moved it since
  written,  ///< as an earlier run wrote it: not the member's own change
  changed,
  diverged,  ///< changed where the others, without the member, had changed it too
};

/// Of all cells of a row on all members.
class CellStates {
 public:
  CellStates() = default;
  CellStates(std::size_t members, std::size_t columns)
      : columns_(columns), states_(members * columns, CellState::absent) {}

  [[nodiscard]] CellState& at(std::size_t member, std::size_t column) {
    return states_[member * columns_ + column];
  }
  [[nodiscard]] CellState at(std::size_t member, std::size_t column) const {
    return states_[member * columns_ + column];
  }
  /// By the member itself.
  [[nodiscard]] bool is_changed(std::size_t member, std::size_t column) const {
    const CellState state = at(member, column);
    return state == CellState::changed || state == CellState::diverged;
  }
  [[nodiscard]] bool any_changed(std::size_t member) const;

 private:
  std::size_t columns_ = 0;
  std::vector<CellState> states_;
};

/// A cell that members changed differently.
struct CellConflict {
  std::size_t column = 0;
  Pick pick;
};

struct MergedCells {
  std::optional<mysql::Row> row;        ///< none: a conflict was left open
  std::vector<CellConflict> conflicts;  ///< in the order of the columns, decided or not
};

/// `rows`: of each member, nullptr where it has none; at least one has it. Where changes of the
/// rule's own column differ, the one that ranks first is taken, and that is no conflict: a time
/// stamp differs after any two changes.
[[nodiscard]] MergedCells merge_cells(const MergeRule& rule,
                                      std::span<const mysql::Row* const> rows,
                                      const CellStates& states, std::size_t columns);

}  // namespace rowplan::planner
