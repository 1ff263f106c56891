#include "planner/watermark_column.h"

#include <cassert>

#include "mysql/quote.h"

namespace rowplan::planner {

namespace {

using mysql::TypeFamily;

const Incremental& spec_of(const TablePair& pair) {
  assert(pair.job.options.incremental);
  return *pair.job.options.incremental;
}

bool tells_time(const mysql::Column& column) {
  return column.family == TypeFamily::datetime || column.family == TypeFamily::timestamp;
}

std::chrono::seconds zone_of(const TablePair& pair) {
  const mysql::Column* column = pair.source.column(spec_of(pair).column);
  if (column == nullptr || column->family == TypeFamily::timestamp) return {};
  return spec_of(pair).time_zone.value_or(std::chrono::seconds(0));
}

std::string stamp_name(const TablePair& pair) { return mysql::quote_name(spec_of(pair).column); }

class Judge {
 public:
  Judge(const TablePair& pair, Findings& findings)
      : pair_(pair),
        findings_(findings),
        name_("'" + mysql::printable(spec_of(pair).column) + "'"),
        source_(pair.job.two_way() ? "'" + pair.job.source + "'" : "the source"),
        on_(pair.job.two_way() ? " of '" + pair.job.source + "'" : "") {}

  void judge() {
    const mysql::Column* column = pair_.source.column(spec_of(pair_).column);
    if (column == nullptr) {
      tell("incremental_column_missing", source_ + " has no column " + name_,
           "correct incremental.column");
      return;
    }
    if (!tells_time(*column)) {
      tell("incremental_column_type",
           "the column " + name_ + on_ + " is " + column->type + ", which tells no time",
           "a TIMESTAMP or DATETIME column is needed");
      return;
    }
    if (column->family == TypeFamily::datetime && !spec_of(pair_).time_zone)
      tell("incremental_time_zone",
           "the column " + name_ + on_ + " is a DATETIME, whose time zone the server does not know",
           "set incremental.time_zone to the fixed offset in which it is written, like \"+05:45\"");
    if (stamp_index(pair_).empty())
      tell("incremental_no_index", "no index of " + source_ + " begins with the column " + name_,
           "create one: each run would read the whole table");
    if (!column->on_update_now)
      findings_.push_back(
          {"incremental_not_updating", Severity::warning, pair_.job.address,
           "the column " + name_ + on_ + " does not set itself when a row is updated",
           "ON UPDATE CURRENT_TIMESTAMP; else every statement that changes a row must set it"});
    if (spec_of(pair_).initial) judge_initial(*column);
  }

 private:
  /// Then the column is part of the filter, on both members.
  void judge_initial(const mysql::Column& source) {
    const mysql::Column* target = pair_.target.column(spec_of(pair_).column);
    if (target != nullptr && target->family == source.family) return;
    tell("incremental_initial",
         "incremental.initial filters the target too, where the column " + name_ +
             (target == nullptr ? " is missing" : " is of another type"),
         "make the columns alike, or leave incremental.initial out");
  }

  void tell(const char* code, const std::string& message, const char* hint) {
    findings_.push_back({code, Severity::error, pair_.job.address, message, hint});
  }

  const TablePair& pair_;
  Findings& findings_;
  std::string name_;
  std::string source_;
  std::string on_;
};

}  // namespace

void judge_watermark_column(const TablePair& pair, Findings& findings) {
  Judge(pair, findings).judge();
}

std::string stamp_index(const TablePair& pair) {
  const mysql::Column* column = pair.source.column(spec_of(pair).column);
  if (column == nullptr) return "";
  return index_by(pair.source, *column);
}

std::string index_by(const mysql::Table& table, const mysql::Column& column) {
  for (const mysql::Index& index : table.indexes)
    if (index.usable && !index.columns.empty() && index.columns.front() == column.name)
      return index.name;
  return "";
}

bool has_null_stamp(mysql::Session& source, const TablePair& pair) {
  const mysql::Column* column = pair.source.column(spec_of(pair).column);
  if (column == nullptr || !column->nullable) return false;
  const mysql::TableName& name = pair.source.name;
  return !source
              .query("SELECT 1 FROM " + mysql::quote_table(name.db, name.table) + " FORCE INDEX (" +
                         mysql::quote_name(stamp_index(pair)) + ") WHERE " + stamp_name(pair) +
                         " IS NULL LIMIT 1",
                     "looking for rows without a time in " + pair.job.address)
              .empty();
}

unsigned stamp_digits(const TablePair& pair) {
  const mysql::Column* column = pair.source.column(spec_of(pair).column);
  return column == nullptr ? 0 : column->fsp;
}

std::string stamp_literal(const TablePair& pair, Instant instant) {
  return "'" + to_text(instant + zone_of(pair)) + "'";
}

std::string stamp_expression(const TablePair& pair) {
  return "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', " + stamp_name(pair) + ")-" +
         std::to_string(std::chrono::microseconds(zone_of(pair)).count());
}

std::string in_window(const TablePair& pair, std::optional<Instant> low,
                      std::optional<Instant> high) {
  std::string sql;
  if (low) sql = stamp_name(pair) + ">=" + stamp_literal(pair, *low);
  if (high)
    sql += (sql.empty() ? "" : " AND ") + stamp_name(pair) + "<" + stamp_literal(pair, *high);
  return sql;
}

}  // namespace rowplan::planner
