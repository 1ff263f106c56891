#include "planner/table_pair.h"

#include <algorithm>
#include <cassert>

#include "mysql/quote.h"
#include "planner/address.h"
#include "planner/column_types.h"
#include "planner/key_choice.h"
#include "planner/soft_deletes.h"
#include "planner/triggers.h"
#include "planner/value_guard.h"

namespace rowplan::planner {

namespace {

using mysql::Column;
using mysql::ColumnOrder;
using mysql::printable;

bool same_name(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return fold(x) == fold(y);
  });
}

bool names_hold(const std::vector<std::string>& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& candidate) { return same_name(candidate, name); });
}

class Pairing {
 public:
  Pairing(TablePair& pair, mysql::Vendor source_vendor, mysql::Vendor target_vendor,
          Findings& findings)
      : pair_(pair),
        source_vendor_(source_vendor),
        target_vendor_(target_vendor),
        findings_(findings) {}

  void pair_columns() {
    check_named(pair_.job.options.columns, "columns");
    // Another spoke may have them.
    if (!is_of_group(pair_.job.pair) && pair_.job.spokes.empty())
      check_named(pair_.job.options.ignore_columns, "ignore_columns");
    for (const Column& source : pair_.source.columns)
      if (!source.generated && is_selected(source.name)) pair_column(source);
    for (const Column& target : pair_.target.columns)
      if (pair_.source.column(target.name) == nullptr) tell_extra(target);
  }

  void put_key_first(const std::vector<std::string>& key) {
    std::vector<PairColumn> ordered;
    for (const std::string& name : key) {
      const auto found = std::find_if(pair_.columns.begin(), pair_.columns.end(),
                                      [&](const PairColumn& c) { return same_name(c.name, name); });
      assert(found != pair_.columns.end());
      ordered.push_back(*found);
    }
    for (const PairColumn& column : pair_.columns)
      if (!names_hold(key, column.name)) ordered.push_back(column);
    pair_.columns = std::move(ordered);
    pair_.key_columns = key.size();
  }

  /// What a table without a key needs in its stead.
  void check_whole_rows() {
    if (pair_.columns.empty())
      find(Severity::error, "key_missing", "no key, and no column that is compared",
           "compare a column, or add a key");
    for (const PairColumn& column : pair_.columns)
      if (!is_guardable(column))
        find(Severity::error, "keyless_unguardable",
             "no key, and no common way to find a row on " + pair_.job.target +
                 " by JSON column '" + printable(column.name) + "'",
             "add a key, or name the column in ignore_columns");
  }

  void order_key() {
    pair_.index_order = pair_.key_columns > 0;
    for (std::size_t i = 0; i < pair_.key_columns; ++i) {
      const PairColumn& column = pair_.columns[i];
      const auto order = key_order(column);
      pair_.order.push_back(order.value_or(ColumnOrder::bytes));
      if (!order) pair_.index_order = false;
      tell_collations(column);
    }
    // Sorted by the bytes of the whole key, a PAD SPACE column has no order of its own either.
    if (!pair_.index_order)
      std::replace(pair_.order.begin(), pair_.order.end(), ColumnOrder::pad_space,
                   ColumnOrder::bytes);
  }

  void choose_readings() {
    for (std::size_t i = 0; i < pair_.columns.size(); ++i) {
      PairColumn& column = pair_.columns[i];
      const bool as_key = i < pair_.key_columns;
      column.source_read = read_column(column.source, column.type, as_key);
      column.target_read = read_column(column.target, column.type, as_key);
    }
  }

 private:
  void find(Severity severity, const char* code, const std::string& message, const char* hint) {
    findings_.push_back({code, severity, pair_.job.address, message, hint});
  }

  bool is_selected(const std::string& name) const {
    const TableOptions& options = pair_.job.options;
    if (!options.columns.empty()) return names_hold(options.columns, name);
    return !names_hold(options.ignore_columns, name);
  }

  void check_named(const std::vector<std::string>& names, const char* key) {
    for (const std::string& name : names)
      if (pair_.source.column(name) == nullptr && pair_.target.column(name) == nullptr)
        find(Severity::error, "column_missing",
             std::string("`") + key + "` names column '" + printable(name) +
                 "', which neither member has",
             "correct the manifest");
  }

  void pair_column(const Column& source) {
    const Column* target = pair_.target.column(source.name);
    const std::string name = "column '" + printable(source.name) + "'";
    if (target == nullptr) {
      find(Severity::error, "column_missing",
           name + " of " + pair_.job.source + " is missing on " + pair_.job.target,
           "add it there, or name it in ignore_columns");
      return;
    }
    if (target->generated) {
      find(Severity::warning, "column_generated",
           name + " is generated on " + pair_.job.target + " and is not compared", "");
      return;
    }
    const ColumnFit fit = fit_columns(source, *target, source_vendor_, target_vendor_);
    if (fit.verdict == ColumnFit::Verdict::differs)
      find(Severity::error, "column_type_differs",
           name + " of " + pair_.job.source + " and " + pair_.job.target + ": " + fit.why,
           "make the types alike, or name it in ignore_columns");
    else if (fit.verdict == ColumnFit::Verdict::lossy)
      find(Severity::error, "column_lossy",
           name + " (" + printable(source.type) + " on " + pair_.job.source + " to " +
               printable(target->type) + " on " + pair_.job.target + "): " + fit.why,
           "widen the target's column, or name it in ignore_columns");
    else if (source.nullable && !target->nullable)
      find(Severity::warning, "column_not_null",
           name + " may be NULL on " + pair_.job.source + " but not on " + pair_.job.target,
           "a NULL there cannot be written: apply would stop at that unit");
    if (fit.verdict == ColumnFit::Verdict::fits)
      pair_.columns.push_back({source.name, fit.type, source, *target, {}, {}});
  }

  void tell_extra(const Column& target) {
    if (target.generated || !is_selected(target.name)) return;
    const std::string name = "column '" + printable(target.name) + "'";
    if (!target.has_default && !target.auto_increment)
      find(Severity::error, "column_extra_required",
           name + " exists only on " + pair_.job.target + ", is NOT NULL and has no default",
           "give it a default, or drop it");
    else
      find(Severity::warning, "column_extra",
           name + " exists only on " + pair_.job.target + " and is not compared",
           "name it in ignore_columns to say that this is meant");
  }

  static std::optional<ColumnOrder> key_order(const PairColumn& column) {
    switch (column.type.kind) {
      case mysql::CellKind::integer:
      case mysql::CellKind::year:
      case mysql::CellKind::real:
      case mysql::CellKind::date:
      case mysql::CellKind::datetime:
      case mysql::CellKind::time:
      case mysql::CellKind::bytes:
        return ColumnOrder::bytes;
      case mysql::CellKind::decimal:
        return ColumnOrder::decimal;
      case mysql::CellKind::text: {
        const bool binary = is_binary_collation(column.source.collation) &&
                            is_binary_collation(column.target.collation);
        const bool no_pad = is_no_pad(column.source.collation);
        if (!binary || no_pad != is_no_pad(column.target.collation)) return std::nullopt;
        return no_pad ? ColumnOrder::bytes : ColumnOrder::pad_space;
      }
      default:
        return std::nullopt;
    }
  }

  void tell_collations(const PairColumn& column) {
    if (column.source.collation == column.target.collation) return;
    find(Severity::warning, "key_collation_differs",
         "key column '" + printable(column.name) + "' is " + column.source.collation + " on " +
             pair_.job.source + " and " + column.target.collation + " on " + pair_.job.target +
             ": keys that differ on one may be equal on the other",
         "give both the same collation");
  }

  TablePair& pair_;
  mysql::Vendor source_vendor_;
  mysql::Vendor target_vendor_;
  Findings& findings_;
};

void check_engine(const TablePair& pair, Findings& findings) {
  for (const Side side : {Side::source, Side::target}) {
    const mysql::Table& table = pair.table(side);
    if (table.transactional()) continue;
    const bool target = side == Side::target;
    findings.push_back(
        {"engine_not_transactional", target ? Severity::error : Severity::warning, pair.job.address,
         "the table on " + pair.server(side) + " is " + printable(table.engine) +
             (target
                  ? ": a write there cannot be rolled back"
                  : ": it cannot be read in a snapshot, so rows written meanwhile may be missed"),
         target ? "convert it to InnoDB" : "plan while nothing writes to it"});
  }
}

}  // namespace

std::vector<mysql::CellType> TablePair::types() const {
  std::vector<mysql::CellType> types;
  types.reserve(columns.size());
  for (const PairColumn& column : columns) types.push_back(column.type);
  return types;
}

TablePair reversed(const TablePair& pair) {
  TablePair other = pair;
  std::swap(other.job.source, other.job.target);
  std::swap(other.job.source_table, other.job.target_table);
  std::swap(other.source, other.target);
  std::swap(other.source_index, other.target_index);
  for (PairColumn& column : other.columns) {
    std::swap(column.source, column.target);
    std::swap(column.source_read, column.target_read);
  }
  return other;
}

TablePair pair_tables(const TableJob& job, const mysql::Table& source, const mysql::Table& target,
                      mysql::Vendor source_vendor, mysql::Vendor target_vendor,
                      Findings& findings) {
  TablePair pair;
  pair.job = job;
  pair.source = source;
  pair.target = target;
  Pairing pairing(pair, source_vendor, target_vendor, findings);
  pairing.pair_columns();
  check_engine(pair, findings);
  judge_soft_deletes(pair, findings);
  // Via the source, no trigger is ever allowed: judge_linked_table tells of them.
  if (!job.via_source()) judge_triggers(pair, findings);
  const std::size_t told = findings.size();
  const KeyChoice choice = choose_key(pair, findings);
  pair.source_index = choice.source_index;
  pair.target_index = choice.target_index;
  pairing.put_key_first(choice.columns);
  pairing.order_key();
  pairing.choose_readings();
  if (pair.is_keyless() && findings.size() == told) pairing.check_whole_rows();
  return pair;
}

}  // namespace rowplan::planner
