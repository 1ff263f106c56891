#include "planner/unit_graph.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>

#include "mysql/mutant.h"
#include "planner/change_values.h"
#include "planner/match_values.h"

namespace rowplan::planner {

namespace {

using State = MatchValue::State;
using Columns = std::vector<std::size_t>;

/// Up to here, edges from each to each are cheaper than a joint.
constexpr std::size_t kFewNodes = 4;

/// The values that one operation takes or gives up, column by column of a rule.
struct Tuple {
  std::size_t node = 0;
  std::uint32_t known = 0;  // a bit for each column
  std::vector<const MatchValue*> values;
};
using Tuples = std::vector<Tuple>;

/// A foreign key between two tables of the unit, as far as its columns are compared.
struct Reference {
  std::size_t child = 0;
  std::size_t parent = 0;
  Columns child_columns;
  Columns parent_columns;
  Columns checked;  // of the child: a change of these makes the server look for the parent
};

std::string key_of(const Tuple& tuple, std::uint32_t columns) {
  std::string key;
  for (std::size_t i = 0; i < tuple.values.size(); ++i) {
    if ((columns >> i & 1U) == 0) continue;
    key += std::to_string(tuple.values[i]->text.size()) + ':' + tuple.values[i]->text;
  }
  return key;
}

class GraphBuilder {
 public:
  explicit GraphBuilder(const std::vector<UnitTable>& tables) : tables_(tables) {}

  UnitGraph build() {
    find_rules();
    for (std::size_t t = 0; t < tables_.size(); ++t) {
      first_node_.push_back(graph_.nodes.size());
      values_.emplace_back(tables_[t], wanted_[t]);
      for (std::size_t i = 0; i < tables_[t].changes.size(); ++i)
        add_node({false, t, i, tables_[t].changes[i].op});
    }
    for (std::size_t rule = 0; rule < graph_.rules.size(); ++rule) {
      if (graph_.rules[rule].index != nullptr)
        add_unique(rule);
      else
        add_reference(rule, references_[rule - (graph_.rules.size() - references_.size())]);
    }
    rank_tables();
    return std::move(graph_);
  }

 private:
  std::size_t add_node(const UnitGraph::Node& node) {
    graph_.nodes.push_back(node);
    graph_.in.emplace_back();
    graph_.out.emplace_back();
    return graph_.nodes.size() - 1;
  }

  void add_edge(std::size_t from, std::size_t to, std::size_t rule) {
    graph_.out[from].push_back(graph_.edges.size());
    graph_.in[to].push_back(graph_.edges.size());
    graph_.edges.push_back({from, to, rule, true});
  }

  void find_rules() {
    wanted_.resize(tables_.size());
    for (std::size_t t = 0; t < tables_.size(); ++t) {
      for (const mysql::Index& index : tables_[t].pair->target.indexes) {
        if (!index.unique) continue;
        Columns columns;
        for (const std::string& name : index.columns)
          if (const auto column = target_column(*tables_[t].pair, name)) columns.push_back(*column);
        if (columns.empty()) continue;  // all of it generated, or not compared
        wanted_[t].insert(columns.begin(), columns.end());
        graph_.rules.push_back({&index, t, std::move(columns)});
      }
    }
    for (std::size_t t = 0; t < tables_.size(); ++t)
      for (const mysql::ForeignKey& key : tables_[t].pair->target.foreign_keys)
        find_reference(t, key);
    graph_.rules.resize(graph_.rules.size() + references_.size());
  }

  void find_reference(std::size_t child, const mysql::ForeignKey& key) {
    for (std::size_t parent = 0; parent < tables_.size(); ++parent) {
      if (tables_[parent].pair->target.name != key.parent) continue;
      Reference reference{child, parent, {}, {}, {}};
      for (std::size_t i = 0; i < key.child_columns.size(); ++i) {
        const auto ours = target_column(*tables_[child].pair, key.child_columns[i]);
        const auto theirs = target_column(*tables_[parent].pair, key.parent_columns.at(i));
        if (!ours || !theirs) continue;
        reference.child_columns.push_back(*ours);
        reference.parent_columns.push_back(*theirs);
      }
      if (reference.child_columns.empty()) continue;
      for (const std::string& name : mysql::checked_columns(tables_[child].pair->target, key))
        if (const auto column = target_column(*tables_[child].pair, name))
          reference.checked.push_back(*column);
      wanted_[child].insert(reference.child_columns.begin(), reference.child_columns.end());
      wanted_[child].insert(reference.checked.begin(), reference.checked.end());
      wanted_[parent].insert(reference.parent_columns.begin(), reference.parent_columns.end());
      references_.push_back(std::move(reference));
    }
  }

  /// nullopt: a NULL is in it, so that neither uniqueness nor a reference is at stake.
  std::optional<Tuple> tuple_of(std::size_t table, std::size_t change, const Columns& columns,
                                bool after) const {
    Tuple tuple;
    tuple.node = first_node_[table] + change;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const MatchValue& value = after ? values_[table].after(change, columns[i])
                                      : values_[table].before(change, columns[i]);
      if (value.state == State::null) return std::nullopt;
      if (value.state == State::known) tuple.known |= std::uint32_t{1} << i;
      tuple.values.push_back(&value);
    }
    return tuple;
  }

  /// What the table's changes give up (`after`: take) in these columns; of updates, those that
  /// write one of `written`.
  Tuples tuples_of(std::size_t table, const Columns& columns, bool after,
                   const Columns& written) const {
    Tuples tuples;
    for (std::size_t i = 0; i < tables_[table].changes.size(); ++i) {
      const Op op = tables_[table].changes[i].op;
      const bool update = op == Op::update && values_[table].writes(i, written);
      if (!update && op != (after ? Op::insert : Op::remove)) continue;
      if (auto tuple = tuple_of(table, i, columns, after)) tuples.push_back(std::move(*tuple));
    }
    return tuples;
  }

  void add_unique(std::size_t rule) {
    const UnitGraph::Rule& unique = graph_.rules[rule];
    match(tuples_of(unique.table, unique.columns, false, unique.columns),
          tuples_of(unique.table, unique.columns, true, unique.columns), rule);
  }

  void add_reference(std::size_t rule, const Reference& key) {
    if (mysql::planted(mysql::Mutant::references_unordered)) return;
    match(tuples_of(key.parent, key.parent_columns, true, key.parent_columns),
          tuples_of(key.child, key.child_columns, true, key.checked), rule);
    gives_up_ = true;
    match(tuples_of(key.child, key.child_columns, false, key.child_columns),
          tuples_of(key.parent, key.parent_columns, false, key.parent_columns), rule);
    gives_up_ = false;
  }

  /// Puts each of `later` after each of `earlier` that may have the same values. What is not known
  /// equals everything, so tuples meet in the columns that both know.
  void match(const Tuples& earlier, const Tuples& later, std::size_t rule) {
    std::map<std::uint32_t, std::vector<const Tuple*>> earlier_by_known;
    std::map<std::uint32_t, std::vector<const Tuple*>> later_by_known;
    for (const Tuple& tuple : earlier) earlier_by_known[tuple.known].push_back(&tuple);
    for (const Tuple& tuple : later) later_by_known[tuple.known].push_back(&tuple);
    for (const auto& [known, group] : earlier_by_known)
      for (const auto& [other_known, other_group] : later_by_known)
        match_groups(group, other_group, known & other_known, rule);
  }

  void match_groups(const std::vector<const Tuple*>& earlier,
                    const std::vector<const Tuple*>& later, std::uint32_t columns,
                    std::size_t rule) {
    struct Meeting {
      Columns earlier;
      Columns later;
    };
    std::vector<Meeting> meetings;  // in the order of the first tuple, whatever hashes do
    std::unordered_map<std::string, std::size_t> places;
    for (const Tuple* tuple : earlier) {
      const auto [at, added] = places.emplace(key_of(*tuple, columns), meetings.size());
      if (added) meetings.emplace_back();
      meetings[at->second].earlier.push_back(tuple->node);
    }
    for (const Tuple* tuple : later) {
      const auto at = places.find(key_of(*tuple, columns));
      if (at != places.end()) meetings[at->second].later.push_back(tuple->node);
    }
    for (const Meeting& meeting : meetings) connect(meeting.earlier, meeting.later, rule);
  }

  /// Edges from each to each, but from none to itself. Both lists rise.
  void connect(const Columns& earlier, const Columns& later, std::size_t rule) {
    if (std::min(earlier.size(), later.size()) <= kFewNodes) {
      for (const std::size_t from : earlier)
        for (const std::size_t to : later) {
          if (from != to)
            add_edge(from, to, rule);
          else
            graph_.refers_to_itself = graph_.refers_to_itself || gives_up_;
        }
      return;
    }
    // Halves by node: what goes from one half to the other cannot meet itself.
    const std::size_t middle = earlier[earlier.size() / 2];
    const auto cut = [&](const Columns& nodes) {
      return std::lower_bound(nodes.begin(), nodes.end(), middle);
    };
    const Columns earlier_low(earlier.begin(), cut(earlier));
    const Columns earlier_high(cut(earlier), earlier.end());
    const Columns later_low(later.begin(), cut(later));
    const Columns later_high(cut(later), later.end());
    join(earlier_low, later_high, rule);
    join(earlier_high, later_low, rule);
    connect(earlier_low, later_low, rule);
    connect(earlier_high, later_high, rule);
  }

  void join(const Columns& earlier, const Columns& later, std::size_t rule) {
    if (earlier.empty() || later.empty()) return;
    const std::size_t joint = add_node({true, 0, 0, Op::conflict});
    for (const std::size_t from : earlier) add_edge(from, joint, rule);
    for (const std::size_t to : later) add_edge(joint, to, rule);
  }

  /// Parents first; tables that refer to each other in a circle in the unit's order.
  void rank_tables() {
    const std::size_t count = tables_.size();
    std::vector<std::set<std::size_t>> parents(count);
    for (const Reference& key : references_)
      if (key.child != key.parent) parents[key.child].insert(key.parent);
    graph_.table_rank.assign(count, count);
    for (std::size_t rank = 0; rank < count; ++rank) {
      const auto unranked = [&](std::size_t t) { return graph_.table_rank[t] == count; };
      std::size_t next = count;
      for (std::size_t t = 0; t < count; ++t) {
        if (!unranked(t)) continue;
        if (std::none_of(parents[t].begin(), parents[t].end(), unranked)) {
          next = t;
          break;
        }
        if (next == count) next = t;
      }
      graph_.table_rank[next] = rank;
    }
  }

  const std::vector<UnitTable>& tables_;
  UnitGraph graph_;
  std::vector<std::set<std::size_t>> wanted_;  // columns of each table that rules look at
  std::vector<Reference> references_;          // of the last rules, in their order
  std::vector<MatchValues> values_;
  std::vector<std::size_t> first_node_;
  bool gives_up_ = false;  // edges under way: children leave parents that leave
};

}  // namespace

UnitGraph build_unit_graph(const std::vector<UnitTable>& tables) {
  return GraphBuilder(tables).build();
}

}  // namespace rowplan::planner
