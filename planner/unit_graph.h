// Which operations of a unit must come before which others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mysql/schema.h"
#include "planner/unit_steps.h"

namespace rowplan::planner {

struct UnitGraph {
  /// One change, or a joint: it writes nothing and stands between many operations and many others,
  /// each of the latter after each of the former.
  struct Node {
    bool joint = false;
    std::size_t table = 0;
    std::size_t change = 0;
    Op op = Op::insert;
  };
  /// Why an edge is there: a unique index, or a foreign key.
  struct Rule {
    const mysql::Index* index = nullptr;  ///< nullptr: a foreign key
    std::size_t table = 0;                ///< of the index
    std::vector<std::size_t> columns;     ///< of the index, in the pair
  };
  struct Edge {
    std::size_t from = 0;
    std::size_t to = 0;
    std::size_t rule = 0;
    bool live = true;  ///< `to` waits for `from`
  };

  std::vector<Node> nodes;  ///< changes first, table by table, in their order
  std::vector<Rule> rules;  ///< unique indexes first
  std::vector<Edge> edges;
  std::vector<std::vector<std::size_t>> out;  ///< edges, by node
  std::vector<std::vector<std::size_t>> in;
  std::vector<std::size_t> table_rank;  ///< parents before children
  /// A row that goes, or is renamed, refers to itself: servers refuse that while they check keys.
  bool refers_to_itself = false;
};

/// Near linear in the number of changes. Throws PlanError for changes that do not fit their tables.
[[nodiscard]] UnitGraph build_unit_graph(const std::vector<UnitTable>& tables);

}  // namespace rowplan::planner
