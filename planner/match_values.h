// Values of a unit's changes, reduced to what decides whether two of them may be equal on a server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "planner/unit_steps.h"

namespace rowplan::planner {

struct MatchValue {
  enum class State : std::uint8_t { unknown, null, known };
  State state = State::unknown;
  std::string text;  ///< where known: equal texts mean perhaps equal values
};

/// The values before and after each change of one table, in the columns that matter to order.
class MatchValues {
 public:
  /// Throws PlanError for changes that do not fit the table.
  MatchValues(const UnitTable& table, const std::set<std::size_t>& columns);

  /// What the row has in `column` before the change (after it); unknown for an insert (a delete).
  [[nodiscard]] const MatchValue& before(std::size_t change, std::size_t column) const;
  [[nodiscard]] const MatchValue& after(std::size_t change, std::size_t column) const;
  /// Does the change, an update, write one of `columns`?
  [[nodiscard]] bool writes(std::size_t change, const std::vector<std::size_t>& columns) const;

 private:
  struct Entry {
    MatchValue before;
    MatchValue after;
    bool written = false;
  };
  [[nodiscard]] const Entry& entry(std::size_t change, std::size_t column) const;
  void read_change(const UnitTable& table, std::size_t number);
  void read_key(const TablePair& pair, const Change& change, Entry* row);
  void read_row(const TablePair& pair, const mysql::Row& cells, Entry* row);

  std::vector<std::size_t> slots_;    // of each column of the pair; kNoSlot: does not matter
  std::vector<std::size_t> columns_;  // of each slot
  std::vector<Entry> entries_;        // change by change
};

}  // namespace rowplan::planner
