// Values that rows of a unit may hold for a while.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "planner/unit_steps.h"

namespace rowplan::planner {

/// Free on the server, says their source; and not written or replaced by the unit, which this sees
/// to.
class ParkingValues {
 public:
  ParkingValues(const std::vector<UnitTable>& tables, FreeValue& source)
      : tables_(tables), source_(source) {}

  /// Another one at each call; nullopt: there is none.
  [[nodiscard]] std::optional<std::string> next(std::size_t table, const mysql::Index& index,
                                                std::size_t column);

 private:
  struct Column {
    bool collected = false;
    bool none_left = false;
    std::unordered_set<std::string> used;  // literals
  };
  void collect(std::size_t table, std::size_t column, Column& state) const;

  const std::vector<UnitTable>& tables_;
  FreeValue& source_;
  std::map<std::pair<std::size_t, std::size_t>, Column> columns_;  // by table and column
};

}  // namespace rowplan::planner
