// The half of planner/via_source.h that looks at tables.
#include <algorithm>

#include "mysql/quote.h"
#include "planner/address.h"
#include "planner/change_values.h"
#include "planner/via_source.h"

namespace rowplan::planner {

namespace {

bool acts(const mysql::ForeignKey& key) {
  const auto waits = [](const std::string& rule) {
    return rule == "RESTRICT" || rule == "NO ACTION";
  };
  return !waits(key.on_delete) || !waits(key.on_update);
}

class LinkedTable {
 public:
  LinkedTable(const TablePair& pair, const ReplicationLink& link, const LinkedChecks& checks,
              Findings& findings)
      : pair_(pair), link_(link), checks_(checks), findings_(findings) {}

  void judge() {
    const mysql::TableName& name = pair_.source.name;
    if (name != pair_.target.name)
      tell("via_source_renamed",
           "the table is " + encode_table(pair_.target.name) + " on '" + pair_.job.target +
               "', and a statement means the same name",
           "give it the same name");
    if (leaves_out(link_.channel.filters, name.db, name.table))
      tell("via_source_filtered",
           "replication filters of '" + pair_.job.target + "' leave the table out",
           "exclude it: it is not meant to be what the source has");
    if (leaves_out(link_.source_log, name.db, name.table))
      tell("via_source_filtered",
           "the binary log of '" + pair_.job.source + "' leaves the database out",
           "exclude it: it is not meant to be what the source has");
    if (pair_.is_keyless())
      tell("via_source_no_key",
           "no key tells its rows apart: a statement by the values of a row would change rows of "
           "the source, too",
           "give the table a primary key");
    for (const Side side : {Side::source, Side::target}) judge_side(side);
    judge_keys();
    judge_inserts();
  }

 private:
  void judge_side(Side side) {
    const mysql::Table& table = pair_.table(side);
    const std::string server = "'" + pair_.server(side) + "'";
    if (!table.triggers.empty())
      tell("via_source_trigger",
           "the table on " + server + " has the trigger " +
               mysql::printable(table.triggers.front().name) +
               ": statements would fire it, on rows that do not change as well",
           "drop it for the time of the apply");
    const auto cascade = std::find_if(table.referenced_by.begin(), table.referenced_by.end(), acts);
    if (cascade != table.referenced_by.end())
      tell("via_source_cascade",
           "rows of " + encode_table(cascade->child) + " on " + server + " refer to it by '" +
               mysql::printable(cascade->name) + "' (ON DELETE " + cascade->on_delete +
               ", ON UPDATE " + cascade->on_update + "): a statement could reach them",
           "repair the two by hand, or without that rule");
    if (side == Side::source && !table.transactional())
      tell("engine_not_transactional",
           "the table on " + server + " is " + mysql::printable(table.engine) +
               ": its rows cannot be locked, nor a write be rolled back",
           "convert it to InnoDB");
    if (table.kind != "BASE TABLE")
      tell("via_source_versioned",
           "the table on " + server + " is " + mysql::printable(table.kind) +
               ": a statement writes its history anew",
           "repair it without that");
  }

  /// By another type a key could be no value of the other side, and its statement be left out of
  /// the log.
  void judge_keys() {
    for (std::size_t i = 0; i < pair_.key_columns; ++i) {
      const PairColumn& column = pair_.columns[i];
      if (column.source.type == column.target.type &&
          column.source.collation == column.target.collation)
        continue;
      tell("via_source_key_type",
           "key column '" + mysql::printable(column.name) + "' is " +
               mysql::printable(column.source.type + " " + column.source.collation) + " on '" +
               pair_.job.source + "' and " +
               mysql::printable(column.target.type + " " + column.target.collation) + " on '" +
               pair_.job.target + "': a statement could mean another row",
           "make the types alike");
    }
  }

  /// A statement that the replica refuses stops its applier.
  void judge_inserts() {
    for (const mysql::Column& column : pair_.target.columns) {
      const bool filled = column.generated || column.has_default || column.auto_increment;
      if (filled || target_column(pair_, column.name)) continue;
      tell("via_source_required_column",
           "column '" + mysql::printable(column.name) + "' of the table on '" + pair_.job.target +
               "' is not written, is NOT NULL and has no default: a row that comes would stop "
               "replication",
           "give it a default");
    }
    const bool known = std::includes(checks_.source.begin(), checks_.source.end(),
                                     checks_.target.begin(), checks_.target.end());
    if (!known)
      tell("via_source_check",
           "the table on '" + pair_.job.target +
               "' has a CHECK constraint that the source's has not: a row that does not fulfil it "
               "would stop replication",
           "give both the same");
  }

  void tell(const char* code, const std::string& message, const char* hint) {
    findings_.push_back({code, Severity::error, pair_.job.address, message, hint});
  }

  const TablePair& pair_;
  const ReplicationLink& link_;
  const LinkedChecks& checks_;
  Findings& findings_;
};

}  // namespace

void judge_linked_table(const TablePair& pair, const ReplicationLink& link,
                        const LinkedChecks& checks, Findings& findings) {
  LinkedTable(pair, link, checks, findings).judge();
}

}  // namespace rowplan::planner
