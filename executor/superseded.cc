#include "executor/superseded.h"

#include <algorithm>
#include <set>

#include "executor/chunk_reading.h"
#include "executor/row_identity.h"
#include "executor/table_judge.h"
#include "mysql/encoding.h"
#include "mysql/row_stream.h"
#include "planner/chunk_hash.h"
#include "planner/instant.h"
#include "planner/keys_compare.h"
#include "planner/watermark_column.h"

namespace rowplan::executor {

namespace {

using planner::Change;
using planner::Op;
using planner::PlanChunk;
using planner::Side;

/// A row of the source as it is now.
struct SourceRow {
  mysql::Row row;
  std::optional<planner::Instant> stamp;
  bool inside = true;  ///< of the filter
};

enum class Now : std::uint8_t { as_planned, superseded, stale };

class TableRest {
 public:
  TableRest(TableWork& table, TableRows& rows, mysql::Session& source, bool alone)
      : table_(table), pair_(*table.pair), rows_(rows), source_(source), alone_(alone) {}

  /// False: the unit is stale.
  bool reduce(planner::Ops& left_out) {
    const auto to = planner::parse_instant(table_.table->watermark->to);
    if (!to) return false;
    read_source();
    find_tied_columns();
    std::vector<Change> kept;
    for (Change& change : table_.changes) {
      const Now now = judge(change, *to);
      if (now == Now::stale || (now == Now::superseded && is_needed(change))) return false;
      if (now == Now::as_planned) {
        kept.push_back(std::move(change));
      } else {
        left_out.insert += change.op == Op::insert ? 1 : 0;
        left_out.update += change.op == Op::update ? 1 : 0;
        left_out.remove += change.op == Op::remove ? 1 : 0;
      }
    }
    table_.changes = std::move(kept);
    adjust_chunks();
    rows_.source.clear();
    for (auto& [identity, row] : now_) rows_.source.emplace(identity, std::move(row.row));
    return true;
  }

 private:
  /// Rows by their keys, filtered or not, with their time and whether the filter takes them.
  void read_source() {
    std::vector<mysql::ReadColumn> columns = planner::read_columns(pair_, Side::source);
    const std::size_t cells = columns.size();
    const std::string filter = planner::filter_of(pair_, Side::source);
    for (const std::string& expression :
         {planner::stamp_expression(pair_), "IF(" + (filter.empty() ? "1" : filter) + ",1,0)"}) {
      mysql::ReadColumn& column = columns.emplace_back();
      column.expression = expression;
      column.type.kind = mysql::CellKind::integer;
    }
    std::string list;
    for (const mysql::ReadColumn& column : columns)
      list += (list.empty() ? "" : ",") + column.expression;
    const std::vector<mysql::Row> keys = keys_of(pair_, changes_of(table_)).source;
    for (std::size_t begin = 0; begin < keys.size(); begin += planner::kKeysAtOnce) {
      const auto from = keys.begin() + static_cast<std::ptrdiff_t>(begin);
      const auto end = keys.begin() + static_cast<std::ptrdiff_t>(
                                          std::min(keys.size(), begin + planner::kKeysAtOnce));
      mysql::RowStream stream(source_,
                              "SELECT " + list + planner::from_by_key(pair_, Side::source) +
                                  " WHERE " + planner::key_in(pair_, Side::source, {from, end}),
                              columns, "reading " + pair_.job.address);
      mysql::Row row;
      while (stream.next(row)) take(row, cells);
    }
  }

  void take(const mysql::Row& row, std::size_t cells) {
    SourceRow found;
    for (std::size_t i = 0; i < cells; ++i)
      if (row.is_null(i))
        found.row.add_null();
      else
        found.row.add(row.cell(i));
    mysql::CellType number;
    number.kind = mysql::CellKind::integer;
    if (!row.is_null(cells))
      found.stamp = planner::Instant(
          std::chrono::microseconds(std::stoll(mysql::show(number, row.cell(cells)).data)));
    found.inside = mysql::show(number, row.cell(cells + 1)).data == "1";
    now_.insert_or_assign(identity_of(pair_, found.row), std::move(found));
  }

  [[nodiscard]] Now judge(const Change& change, planner::Instant to) const {
    const auto found = now_.find(identity_after(pair_, change));
    if (change.op == Op::remove && (found == now_.end() || !found->second.inside))
      return Now::as_planned;
    if (found == now_.end()) return Now::stale;
    const SourceRow& now = found->second;
    if (change.op != Op::remove && now.inside && holds_planned(now.row, change))
      return Now::as_planned;
    return now.stamp && *now.stamp >= to ? Now::superseded : Now::stale;
  }

  /// What the change writes is all of a new row, and what differs of one that is there.
  [[nodiscard]] bool holds_planned(const mysql::Row& row, const Change& change) const {
    if (!holds(pair_, row, change.after)) return false;
    if (change.op == Op::insert) return true;
    const auto before = rows_.target.find(identity_before(pair_, change));
    if (before == rows_.target.end()) return false;
    for (std::size_t i = 0; i < pair_.columns.size(); ++i) {
      const bool written =
          std::any_of(change.after.begin(), change.after.end(),
                      [&](const auto& value) { return value.first == pair_.columns[i].name; });
      const bool same =
          row.is_null(i) == before->second.is_null(i) && row.cell(i) == before->second.cell(i);
      if (!written && !same) return false;
    }
    return true;
  }

  /// Columns of the target by which rows depend on each other.
  void find_tied_columns() {
    for (const mysql::Index& index : pair_.target.indexes) {
      if (!index.unique) continue;
      more_unique_ = more_unique_ || index.name != pair_.target_index;
      tied_.insert(index.columns.begin(), index.columns.end());
      if (!index.usable) any_tied_ = true;  // it may be of an expression
    }
    for (const mysql::ForeignKey& key : pair_.target.foreign_keys) {
      tied_.insert(key.child_columns.begin(), key.child_columns.end());
      self_tied_ = self_tied_ || key.parent == pair_.target.name;
    }
    for (const mysql::ForeignKey& key : pair_.target.referenced_by)
      tied_.insert(key.parent_columns.begin(), key.parent_columns.end());
  }

  /// May another change of the unit rely on this one being made?
  [[nodiscard]] bool is_needed(const Change& change) const {
    if (change.op == Op::update)
      return any_tied_ || std::any_of(change.after.begin(), change.after.end(),
                                      [&](const auto& value) { return is_tied(value.first); });
    if (!alone_ || self_tied_) return true;
    return change.op == Op::remove && (more_unique_ || any_tied_ || !pair_.index_order);
  }

  [[nodiscard]] bool is_tied(const std::string& name) const {
    const auto column =
        std::find_if(pair_.columns.begin(), pair_.columns.end(),
                     [&](const planner::PairColumn& each) { return each.name == name; });
    return column == pair_.columns.end() || tied_.count(column->target.name) > 0;
  }

  /// What a chunk holds after the changes that stay.
  void adjust_chunks() {
    mysql::RowHasher hasher(pair_.types());
    std::vector<const PlanChunk*> chunks;
    for (const PlanChunk* planned : table_.chunks) {
      auto chunk = std::make_shared<PlanChunk>(*planned);
      const bool keys = chunk->kind == planner::ChunkKind::keys;
      planner::ChunkHash hash = keys ? planner::ChunkHash() : planned->before.at(pair_.job.target);
      chunk->changes = 0;
      for (const Change& change : table_.changes) {
        if (change.chunk != chunk->id) continue;
        ++chunk->changes;
        const bool was_inside = change.op != Op::insert && change.reason != "filter_moved";
        if (!keys && was_inside)
          planner::subtract(hash, hasher.hash(rows_.target.at(identity_before(pair_, change))));
        if (change.op != Op::remove)
          planner::add(hash, hasher.hash(now_.at(identity_after(pair_, change)).row));
      }
      if (chunk->changes == 0) continue;
      chunk->after[pair_.job.target] = hash;
      chunks.push_back(chunk.get());
      table_.adjusted.push_back(std::move(chunk));
    }
    table_.chunks = std::move(chunks);
  }

  TableWork& table_;
  const planner::TablePair& pair_;
  TableRows& rows_;
  mysql::Session& source_;
  bool alone_;  // no other chunk is of the unit
  std::map<std::string, SourceRow> now_;
  std::set<std::string> tied_;
  bool any_tied_ = false;
  bool self_tied_ = false;
  bool more_unique_ = false;
};

}  // namespace

std::optional<planner::Ops> leave_superseded(UnitWork& unit, Judgement& judgement,
                                             mysql::Session& source) {
  std::size_t chunks = 0;
  for (const TableWork& table : unit.tables) {
    if (!table.table->watermark || table.pair->is_keyless() || table.touched) return std::nullopt;
    chunks += table.chunks.size();
  }
  planner::Ops left_out;
  source.begin_consistent_snapshot();
  bool reduced = true;
  for (std::size_t t = 0; reduced && t < unit.tables.size(); ++t)
    reduced = TableRest(unit.tables[t], judgement.rows[t], source, chunks == 1).reduce(left_out);
  source.rollback();
  if (!reduced) return std::nullopt;
  return left_out;
}

}  // namespace rowplan::executor
