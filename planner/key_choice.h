// Which columns identify a row on both members.
#pragma once

#include <string>
#include <vector>

#include "planner/finding.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

struct KeyChoice {
  std::vector<std::string>
      columns;  ///< as the source spells them, in its index's order; empty: none
  std::string source_index;
  std::string target_index;
};

/// The manifest's `key`, else the primary key, else a unique key of NOT NULL columns, that is
/// unique on both members; keys without FLOAT or DOUBLE first. No columns where neither member has
/// such a key: then the whole row is the identity. Tells a finding of severity error where only one
/// has, or they have none in common. Needs pair.columns.
[[nodiscard]] KeyChoice choose_key(const TablePair& pair, Findings& findings);

}  // namespace rowplan::planner
