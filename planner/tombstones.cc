#include "planner/tombstones.h"

#include <algorithm>

#include "mysql/quote.h"
#include "mysql/row_stream.h"
#include "planner/address.h"
#include "planner/expansion.h"
#include "planner/refusal.h"
#include "planner/select_sql.h"
#include "planner/watermark_column.h"

namespace rowplan::planner {

namespace {

constexpr std::uint64_t kRowsAtOnce = 20'000;

std::string shown(const std::string& column) { return "'" + mysql::printable(column) + "'"; }

class Judge {
 public:
  Judge(const TablePair& pair, Findings& findings)
      : pair_(pair), findings_(findings), name_(encode_table(*pair.job.options.tombstones)) {}

  void judge() {
    if (!pair_.tombstones || !is_table(pair_.tombstones->kind)) {
      tell("tombstones_missing",
           "there is no table " + name_ + " on '" + pair_.job.source + "', which `deletes` names",
           "create it, or correct deletes.tombstones");
      return;
    }
    for (std::size_t i = 0; i < pair_.key_columns; ++i) judge_key(pair_.columns[i].source);
    const mysql::Column* time = pair_.source.column(pair_.job.options.incremental->column);
    if (time != nullptr) judge_time(*time);
  }

 private:
  /// Of the very same type: then a key is written, read and sorted there as in the table.
  void judge_key(const mysql::Column& key) {
    const mysql::Column* column = pair_.tombstones->column(key.name);
    if (column != nullptr && column->type == key.type && column->charset == key.charset &&
        column->collation == key.collation)
      return;
    tell("tombstones_key",
         name_ + " has no column " + shown(key.name) + " of the type " + key.type +
             (key.collation.empty() ? "" : " and the collation " + key.collation) +
             ", which is of the key of " + encode_table(pair_.job.source_table),
         "add it, or name another table of tombstones in [pair." + pair_.job.pair + ".table.\"" +
             encode_table(pair_.job.source_table) + "\"]");
  }

  void judge_time(const mysql::Column& changed) {
    const mysql::Column* column = pair_.tombstones->column(changed.name);
    if (column == nullptr || column->family != changed.family || column->fsp < changed.fsp ||
        column->nullable) {
      tell("tombstones_time",
           name_ + " has no column " + shown(changed.name) + " that is " + changed.type +
               " NOT NULL or more precise, as the incremental column is",
           "add it, with DEFAULT CURRENT_TIMESTAMP and an index");
      return;
    }
    if (index_by(*pair_.tombstones, *column).empty())
      tell("tombstones_no_index",
           "no index of " + name_ + " begins with the column " + shown(column->name),
           "create one: each run would read the whole table");
    if (!column->default_now)
      findings_.push_back({"tombstones_not_stamped", Severity::warning, pair_.job.address,
                           "the column " + shown(column->name) + " of " + name_ +
                               " does not set itself when a row is inserted",
                           "DEFAULT CURRENT_TIMESTAMP; else every INSERT must set it"});
  }

  void tell(const char* code, const std::string& message, const std::string& hint) {
    findings_.push_back({code, Severity::error, pair_.job.address, message, hint});
  }

  const TablePair& pair_;
  Findings& findings_;
  std::string name_;
};

bool names(const std::vector<TableGlob>& globs, const mysql::TableName& table) {
  return std::any_of(globs.begin(), globs.end(), [&](const TableGlob& glob) {
    return !glob.negative && glob.literal() == table;
  });
}

}  // namespace

void judge_tombstones(const TablePair& pair, Findings& findings) { Judge(pair, findings).judge(); }

void refuse_unnamed_tombstones(const Manifest& manifest, const std::vector<TableJob>& jobs) {
  for (const TableJob& job : jobs) {
    const bool holds_tombstones = std::any_of(jobs.begin(), jobs.end(), [&](const TableJob& other) {
      return other.pair == job.pair && other.options.tombstones == job.source_table;
    });
    if (!holds_tombstones) continue;
    const std::string name = encode_table(job.source_table);
    for (const PairSpec& pair : manifest.pairs)
      if (pair.name == job.pair && !names(pair.tables, job.source_table))
        throw Refusal(RefusalReason::manifest,
                      job.address + " holds tombstones, and a wildcard selects it",
                      "exclude it: \"!" + name + "\" in tables; or name it: \"" + name + "\"");
  }
}

const mysql::Row* TombstoneKeys::peek() {
  while (keys_.empty() && !at_end_) read_on();
  return keys_.empty() ? nullptr : &keys_.front();
}

/// By number and not from the last key on: all pages are of one snapshot, and the order of bytes
/// has no index anyway.
void TombstoneKeys::read_on() {
  if (!open_) source_.begin_consistent_snapshot();
  open_ = true;
  mysql::RowStream stream(
      source_, select_tombstones(pair_, *window_.low, window_.to, {kRowsAtOnce, rows_}),
      read_columns(pair_, Side::source, Wanted::key), "reading tombstones of " + pair_.job.address);
  mysql::Row row;
  std::uint64_t read = 0;
  for (; stream.next(row); ++read) {
    if (row.bytes() == last_) continue;
    last_ = std::string(row.bytes());
    keys_.push_back(row);
  }
  rows_ += read;
  at_end_ = read < kRowsAtOnce;
}

void TombstoneKeys::close() {
  if (open_) source_.rollback();
  open_ = false;
}

}  // namespace rowplan::planner
