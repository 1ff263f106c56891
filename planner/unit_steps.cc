#include "planner/unit_steps.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <map>
#include <set>

#include "planner/change_values.h"
#include "planner/parking_values.h"
#include "planner/unit_graph.h"

namespace rowplan::planner {

namespace {

using Node = std::size_t;

constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

bool holds_column(const std::vector<std::string>& names, const TablePair& pair,
                  std::size_t column) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return target_column(pair, name) == column; });
}

/// Is the column one end of a foreign key, in the unit or outside?
bool is_in_foreign_key(const TablePair& pair, std::size_t column) {
  const auto& own = pair.target.foreign_keys;
  const auto& others = pair.target.referenced_by;
  return std::any_of(
             own.begin(), own.end(),
             [&](const auto& key) { return holds_column(key.child_columns, pair, column); }) ||
         std::any_of(others.begin(), others.end(), [&](const auto& key) {
           return holds_column(key.parent_columns, pair, column);
         });
}

/// Kahn's algorithm. When nothing is ready, one circle is found and opened, and it goes on.
class Orderer {
 public:
  Orderer(const std::vector<UnitTable>& tables, FreeValue& free_values)
      : tables_(tables),
        graph_(build_unit_graph(tables)),
        parking_(tables, free_values),
        waits_for_(graph_.nodes.size()),
        done_(graph_.nodes.size()),
        round_(graph_.nodes.size()),
        parked_(graph_.nodes.size()),
        seen_in_(graph_.nodes.size()),
        place_(graph_.nodes.size(), kNowhere) {}

  std::variant<UnitSteps, UnorderableUnit> order() {
    result_.foreign_keys_off = graph_.refers_to_itself;
    for (Node node = 0; node < graph_.nodes.size(); ++node)
      waits_for_[node] = graph_.in[node].size();
    for (Node node = 0; node < graph_.nodes.size(); ++node)
      if (waits_for_[node] == 0) ready(node);
    for (;;) {
      run();
      while (first_left_ < graph_.nodes.size() && done_[first_left_]) ++first_left_;
      if (first_left_ == graph_.nodes.size()) return std::move(result_);
      if (auto failure = open_circle(find_circle(first_left_))) return *failure;
    }
  }

 private:
  using Edge = UnitGraph::Edge;
  using Ready = std::pair<std::size_t, Node>;  // round, node: what is first in a batch

  struct Candidate {
    Node node = 0;
    std::size_t rule = 0;
    std::size_t column = 0;
  };

  // --- what is ready

  /// Deletes, then updates, then inserts; children before parents, parents before children.
  std::size_t group_of(Node node) const {
    const UnitGraph::Node& operation = graph_.nodes[node];
    const std::size_t tables = tables_.size();
    const std::size_t rank = graph_.table_rank[operation.table];
    if (operation.op == Op::remove) return tables - 1 - rank;
    return (operation.op == Op::update ? tables : 2 * tables) + rank;
  }

  void ready(Node node) {
    const Op op = graph_.nodes[node].op;
    // Joints and conflicts write nothing.
    if (op == Op::conflict)
      joints_.push_back(node);
    else
      groups_[group_of(node)].insert({op == Op::remove ? round_[node] : 0, node});
  }

  /// Writes all that is ready, one group to its end before the next, for long batches.
  void run() {
    auto group = groups_.end();
    for (;;) {
      while (!joints_.empty()) {
        const Node joint = joints_.back();
        joints_.pop_back();
        finish(joint, round_[joint]);
      }
      if (group == groups_.end() || group->second.empty()) {
        for (group = groups_.begin(); group != groups_.end() && group->second.empty();) ++group;
        if (group == groups_.end()) return;
      }
      const Node node = group->second.begin()->second;
      group->second.erase(group->second.begin());
      write(node);
      finish(node, graph_.nodes[node].op == Op::remove ? result_.steps.size() : 0);
    }
  }

  void finish(Node node, std::size_t round) {
    done_[node] = true;
    for (const std::size_t edge : graph_.out[node]) {
      Node& to = graph_.edges[edge].to;
      if (graph_.edges[edge].live) round_[to] = std::max(round_[to], round);
      release(edge);
    }
  }

  void release(std::size_t edge) {
    Edge& released = graph_.edges[edge];
    if (!released.live) return;
    released.live = false;
    if (--waits_for_[released.to] == 0) ready(released.to);
  }

  void write(Node node) {
    const UnitGraph::Node& operation = graph_.nodes[node];
    const Step::Kind kind = operation.op == Op::remove   ? Step::Kind::remove
                            : operation.op == Op::update ? Step::Kind::update
                                                         : Step::Kind::insert;
    std::vector<Step>& steps = result_.steps;
    const bool joins = !steps.empty() && steps.back().kind == kind &&
                       steps.back().table == operation.table && steps.back().parked.empty() &&
                       parked_[node].empty() &&
                       // A DELETE takes its rows in an order of its own.
                       (kind != Step::Kind::remove || round_[node] < steps.size());
    if (!joins) steps.push_back({kind, operation.table, {}, parked_[node], std::nullopt});
    steps.back().changes.push_back(operation.change);
  }

  // --- circles

  /// Edges of a circle of operations that wait for each other; `start` waits.
  std::vector<std::size_t> find_circle(Node start) {
    std::vector<std::size_t> path;
    std::vector<Node> visited;
    Node node = start;
    while (place_[node] == kNowhere) {
      place_[node] = path.size();
      visited.push_back(node);
      std::size_t& at = seen_in_[node];  // edges before it are dead, and stay so
      while (!graph_.edges[graph_.in[node][at]].live) ++at;
      path.push_back(graph_.in[node][at]);
      node = graph_.edges[path.back()].from;
    }
    path.erase(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(place_[node]));
    for (const Node seen : visited) place_[seen] = kNowhere;
    return path;
  }

  std::optional<UnorderableUnit> open_circle(const std::vector<std::size_t>& circle) {
    const std::vector<Candidate> candidates = candidates_of(circle);
    const auto outside_keys = [&](const Candidate& candidate) {
      return !is_in_foreign_key(pair_of(candidate.node), candidate.column);
    };
    if (park_one(candidates, outside_keys)) return std::nullopt;
    if (drop_references(circle)) return std::nullopt;
    if (park_one(candidates, [](const Candidate&) { return true; })) {
      result_.foreign_keys_off = true;
      return std::nullopt;
    }
    for (const std::size_t edge : circle) {
      const UnitGraph::Rule& rule = graph_.rules[graph_.edges[edge].rule];
      if (rule.index != nullptr) return UnorderableUnit{rule.table, rule.index->name};
    }
    assert(false);
    return std::nullopt;
  }

  const TablePair& pair_of(Node node) const { return *tables_[graph_.nodes[node].table].pair; }

  /// What could be parked to open the circle, in the order of the unit.
  std::vector<Candidate> candidates_of(const std::vector<std::size_t>& circle) const {
    std::vector<Candidate> candidates;
    for (const std::size_t at : circle) {
      const Edge& edge = graph_.edges[at];
      const UnitGraph::Rule& rule = graph_.rules[edge.rule];
      const UnitGraph::Node& node = graph_.nodes[edge.from];
      if (rule.index == nullptr || node.joint) continue;
      for (const std::size_t column : rule.columns)
        if (may_park(edge.from, column)) candidates.push_back({edge.from, edge.rule, column});
    }
    std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
      return a.node != b.node ? a.node < b.node : a.column < b.column;
    });
    return candidates;
  }

  /// The change itself must put the column right again, or remove the row.
  bool may_park(Node node, std::size_t column) const {
    const UnitGraph::Node& operation = graph_.nodes[node];
    const Change& change = tables_[operation.table].changes[operation.change];
    const TablePair& pair = pair_of(node);
    // Rows are deleted many at a time, by what identifies them.
    if (change.op == Op::remove) return column >= pair.identity_columns();
    return std::any_of(change.after.begin(), change.after.end(),
                       [&](const auto& named) { return named.first == pair.columns[column].name; });
  }

  template <typename Allowed>
  bool park_one(const std::vector<Candidate>& candidates, const Allowed& allowed) {
    for (const Candidate& candidate : candidates) {
      if (!pair_of(candidate.node).columns[candidate.column].target.nullable) continue;
      if (!allowed(candidate)) continue;
      park(candidate, std::nullopt);
      return true;
    }
    for (const Candidate& candidate : candidates) {
      if (!allowed(candidate)) continue;
      const UnitGraph::Rule& rule = graph_.rules[candidate.rule];
      const auto literal = parking_.next(rule.table, *rule.index, candidate.column);
      if (!literal) continue;
      park(candidate, literal);
      return true;
    }
    return false;
  }

  void park(const Candidate& candidate, const std::optional<std::string>& literal) {
    const UnitGraph::Node& operation = graph_.nodes[candidate.node];
    const Parked parked{candidate.column, literal};
    result_.steps.push_back(
        {Step::Kind::park, operation.table, {operation.change}, parked_[candidate.node], parked});
    parked_[candidate.node].push_back(parked);
    // The row has given up its value in every index that holds the column.
    for (const std::size_t edge : graph_.out[candidate.node]) {
      const UnitGraph::Rule& rule = graph_.rules[graph_.edges[edge].rule];
      if (rule.index == nullptr) continue;
      const auto& columns = rule.columns;
      if (std::find(columns.begin(), columns.end(), candidate.column) != columns.end())
        release(edge);
    }
  }

  /// Gives up the order of the foreign keys in the circle.
  bool drop_references(const std::vector<std::size_t>& circle) {
    std::set<std::size_t> dropped;
    for (const std::size_t edge : circle)
      if (graph_.rules[graph_.edges[edge].rule].index == nullptr)
        dropped.insert(graph_.edges[edge].rule);
    if (dropped.empty()) return false;
    for (std::size_t edge = 0; edge < graph_.edges.size(); ++edge)
      if (dropped.count(graph_.edges[edge].rule) != 0) release(edge);
    result_.foreign_keys_off = true;
    return true;
  }

  const std::vector<UnitTable>& tables_;
  UnitGraph graph_;
  ParkingValues parking_;
  UnitSteps result_;
  std::vector<std::size_t> waits_for_;  // live edges into each node
  std::vector<bool> done_;
  std::vector<std::size_t> round_;  // the last step with a delete that the node waited for, from 1
  std::vector<std::vector<Parked>> parked_;
  std::vector<std::size_t> seen_in_;
  std::vector<std::size_t> place_;  // on the path of find_circle
  std::map<std::size_t, std::set<Ready>> groups_;
  std::vector<Node> joints_;
  Node first_left_ = 0;
};

}  // namespace

std::variant<UnitSteps, UnorderableUnit> order_unit(const std::vector<UnitTable>& tables,
                                                    FreeValue& free_values) {
  return Orderer(tables, free_values).order();
}

}  // namespace rowplan::planner
