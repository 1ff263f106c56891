#include "planner/two_way_table.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "mysql/quote.h"
#include "planner/column_types.h"
#include "planner/sha256.h"

namespace rowplan::planner {

namespace {

using mysql::CellKind;
using mysql::ColumnOrder;
using mysql::printable;

/// How the client can rank values of the column; nullopt: only a server could.
std::optional<ColumnOrder> rank_order(const PairColumn& column) {
  switch (column.type.kind) {
    case CellKind::integer:
    case CellKind::year:
    case CellKind::real:
    case CellKind::date:
    case CellKind::datetime:
    case CellKind::time:
    case CellKind::bytes:
      return ColumnOrder::bytes;
    case CellKind::decimal:
      return ColumnOrder::decimal;
    case CellKind::text: {
      const bool binary = is_binary_collation(column.source.collation) &&
                          column.source.collation == column.target.collation;
      if (!binary) return std::nullopt;
      return is_no_pad(column.source.collation) ? ColumnOrder::bytes : ColumnOrder::pad_space;
    }
    default:
      return std::nullopt;
  }
}

bool is_time(const PairColumn& column) {
  return column.type.kind == CellKind::date || column.type.kind == CellKind::datetime;
}

const PairColumn* find_column(const TablePair& pair, const std::string& name) {
  const auto found = std::find_if(pair.columns.begin(), pair.columns.end(),
                                  [&](const PairColumn& column) { return column.name == name; });
  return found == pair.columns.end() ? nullptr : &*found;
}

class Judge {
 public:
  Judge(const TablePair& pair, Findings& findings) : pair_(pair), findings_(findings) {}

  void table() {
    if (pair_.is_keyless())
      tell("two_way_needs_key", "no key: which rows of the members are the same cannot be told",
           "add a primary key");
    else if (!pair_.index_order)
      tell("two_way_key_order",
           "the order of the key is the servers' alone (its collation or type): such tables cannot "
           "be merged yet",
           "give the key's columns a binary collation, or choose another key");
    for (const TablePair& view : *pair_.views)
      if (!view.target.triggers.empty())
        tell("two_way_trigger",
             "the table on " + view.job.target +
                 " has triggers: what they change would be taken for a user's change at the next "
                 "sync",
             "drop them for the time of the sync");
  }

  void rule(const ConflictSpec& spec) {
    if (!by_column(spec.resolve)) return;
    const PairColumn* column = find_column(pair_, spec.column);
    const std::string name = "column '" + printable(spec.column) + "'";
    if (column == nullptr)
      return tell("conflict_column_missing",
                  name + ", which decides conflicts, is none of those that are compared",
                  "correct its name, or compare it too");
    const bool by_time = spec.resolve == Resolve::newest || spec.resolve == Resolve::oldest;
    if (by_time && !is_time(*column))
      tell("conflict_column_no_time",
           name + " (" + printable(column->source.type) + ") holds no times",
           "\"greatest\" and \"least\" rank other types");
    else if (!rank_order(*column) || !is_ranked_alike(spec.column))
      tell("conflict_column_unrankable",
           name + " (" + printable(column->source.type) + ") is ranked by the servers alone",
           "name a number, a time, or text with a binary collation");
  }

 private:
  /// By the collations of all members?
  [[nodiscard]] bool is_ranked_alike(const std::string& name) const {
    return std::all_of(pair_.views->begin(), pair_.views->end(), [&](const TablePair& view) {
      const PairColumn* column = find_column(view, name);
      return column != nullptr && rank_order(*column);
    });
  }

  /// Once, where two rules name one column.
  void tell(const char* code, const std::string& message, const char* hint) {
    const bool told = std::any_of(findings_.begin(), findings_.end(), [&](const Finding& finding) {
      return finding.code == code && finding.address == pair_.job.address &&
             finding.message == message;
    });
    if (!told) findings_.push_back({code, Severity::error, pair_.job.address, message, hint});
  }

  const TablePair& pair_;
  Findings& findings_;
};

MergeRule rule_of(const TablePair& pair, const ConflictSpec& spec,
                  std::chrono::milliseconds threshold, const std::vector<std::string>& members) {
  const auto place = [&](const std::string& server) {
    // One that is missing has no row that could win.
    const auto found = std::find(members.begin(), members.end(), server);
    return static_cast<std::size_t>(found - members.begin());
  };
  MergeRule rule;
  rule.resolve = spec.resolve;
  if (spec.resolve == Resolve::member) rule.member = place(spec.member);
  rule.otherwise = spec.otherwise;
  if (spec.otherwise == Resolve::member) rule.otherwise_member = place(spec.otherwise_member);
  rule.threshold = threshold;
  if (!by_column(spec.resolve)) return rule;
  const PairColumn* column = find_column(pair, spec.column);
  assert(column != nullptr && rank_order(*column));
  rule.column = RankColumn{static_cast<std::size_t>(column - pair.columns.data()), column->type,
                           *rank_order(*column)};
  return rule;
}

/// The job with another of its spokes as target.
TableJob job_toward(const TableJob& job, const std::string& spoke) {
  TableJob one = job;
  one.target = spoke;
  return one;
}

void tell_unlike(const TableJob& job, const std::string& who, Findings& findings) {
  findings.push_back({"two_way_unlike", Severity::error, job.address,
                      "the tables of " + who + " cannot be read alike",
                      "give all the same columns and the same primary key"});
}

/// The first member's table with that of one spoke, as either is written.
TablePair pair_both_ways(const TableJob& job, const MemberTable& hub, const MemberTable& spoke,
                         Findings& findings) {
  TablePair pair = pair_tables(job, *hub.table, *spoke.table, hub.vendor, spoke.vendor, findings);
  Findings told;
  const TablePair back =
      pair_tables(reversed(pair).job, *spoke.table, *hub.table, spoke.vendor, hub.vendor, told);
  for (Finding& finding : told) {
    const bool known = std::any_of(findings.begin(), findings.end(), [&](const Finding& other) {
      return other.code == finding.code;
    });
    if (!known) findings.push_back(std::move(finding));
  }
  const auto same = [](const PairColumn& a, const PairColumn& b) { return a.type == b.type; };
  const bool alike = back.key_columns == pair.key_columns &&
                     std::is_permutation(pair.columns.begin(), pair.columns.end(),
                                         back.columns.begin(), back.columns.end(), same);
  if (!alike && !has_error(findings)) tell_unlike(job, job.source + " and " + job.target, findings);
  return pair;
}

/// Do both spokes' rows come to the same cells, in the same order?
bool are_alike(const TablePair& one, const TablePair& other) {
  const auto same = [](const PairColumn& a, const PairColumn& b) {
    return a.name == b.name && a.type == b.type;
  };
  return one.key_columns == other.key_columns && one.order == other.order &&
         one.index_order == other.index_order &&
         std::equal(one.columns.begin(), one.columns.end(), other.columns.begin(),
                    other.columns.end(), same);
}

}  // namespace

TablePair merge_tables(const TableJob& job, const std::vector<MemberTable>& tables,
                       Findings& findings) {
  const std::vector<std::string> members = job.members();
  assert(tables.size() == members.size());
  auto views = std::make_shared<std::vector<TablePair>>();
  for (std::size_t m = 1; m < members.size(); ++m) {
    Findings told;
    TablePair pair = pair_both_ways(job_toward(job, members[m]), tables[0], tables[m], told);
    if (m == 1) views->push_back(reversed(pair));
    if (!has_error(told) && m > 1 && !are_alike(views->at(1), pair))
      tell_unlike(job, members[0] + ", " + members[1] + " and " + members[m], told);
    views->push_back(std::move(pair));
    for (Finding& finding : told) add_once(findings, std::move(finding));
  }
  for (TablePair& view : *views) view.job.spokes.clear();
  TablePair pair = views->at(1);
  pair.job = job;
  pair.views = std::move(views);
  Judge judge(pair, findings);
  judge.table();
  judge.rule(job.options.merge.conflict);
  if (job.options.merge.inserts) judge.rule(*job.options.merge.inserts);
  return pair;
}

MergeShape merge_shape_of(const TablePair& pair) {
  assert(pair.views);
  MergeShape shape;
  shape.address = pair.job.address;
  for (const TablePair& view : *pair.views) shape.members.push_back(view.job.target);
  shape.types = pair.types();
  shape.key_columns = pair.key_columns;
  shape.order = pair.order;
  shape.chunk_rows = pair.job.options.chunk_rows;
  shape.by_columns = pair.job.options.merge.by_columns;
  return shape;
}

MergeRules merge_rules_of(const TablePair& pair) {
  const MergeSpec& spec = pair.job.options.merge;
  const std::vector<std::string> members = merge_shape_of(pair).members;
  MergeRules rules;
  rules.conflict = rule_of(pair, spec.conflict, spec.threshold, members);
  if (spec.inserts) rules.inserts = rule_of(pair, *spec.inserts, spec.threshold, members);
  rules.by_columns = spec.by_columns;
  return rules;
}

std::string baseline_fits(const TablePair& pair) {
  // Each part with its length: no two tables come to one text.
  std::string all;
  const auto add = [&all](const std::string& part) {
    all += std::to_string(part.size()) + ':' + part;
  };
  add(pair.job.address);
  add(pair.job.options.merge.by_columns ? "columns" : "rows");
  std::vector<std::string> members = pair.job.members();
  if (!pair.job.all_spokes.empty()) members = members_of(pair.job.source, "", pair.job.all_spokes);
  for (const std::string& server : members) {
    add(server);
    add(pair.job.table_on(server).db);
    add(pair.job.table_on(server).table);
  }
  add(std::to_string(pair.key_columns));
  for (const PairColumn& column : pair.columns) {
    add(column.name);
    add(std::to_string(static_cast<int>(column.type.kind)) + ' ' +
        std::to_string(column.type.scale) + ' ' + std::to_string(column.type.fsp) + ' ' +
        (column.type.single ? "f" : "-") + (column.type.is_set ? "s" : "-") +
        (column.type.canonical ? "c" : "-"));
  }
  return sha256_hex(all);
}

std::string baseline_name(const state::BaselineInfo& info) {
  return std::to_string(info.id) + "." + std::to_string(info.generation);
}

std::string member_address(const std::string& address, const std::string& server) {
  return address + "@" + server;
}

}  // namespace rowplan::planner
