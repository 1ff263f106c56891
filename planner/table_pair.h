// Two members' tables seen as one: which columns meet, how each side is read, by which key.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mysql/key_order.h"
#include "mysql/row_stream.h"
#include "mysql/schema.h"
#include "planner/audit_log.h"
#include "planner/finding.h"
#include "planner/job.h"

namespace rowplan::planner {

enum class Side : std::uint8_t { source, target };

/// One column that is compared and written.
struct PairColumn {
  std::string name;      ///< as the source spells it
  mysql::CellType type;  ///< shared: wide enough for both sides
  mysql::Column source;
  mysql::Column target;
  mysql::ReadColumn source_read;
  mysql::ReadColumn target_read;

  [[nodiscard]] const mysql::ReadColumn& read(Side side) const {
    return side == Side::source ? source_read : target_read;
  }
  [[nodiscard]] const mysql::Column& column(Side side) const {
    return side == Side::source ? source : target;
  }
};

struct TablePair {
  TableJob job;
  mysql::Table source;
  mysql::Table target;
  std::vector<PairColumn> columns;  ///< key columns first, in key order; rows have this order
  std::size_t key_columns = 0;      ///< 0: no identity, see is_keyless()
  std::string source_index;         ///< name of the index that identifies a row
  std::string target_index;
  std::vector<mysql::ColumnOrder> order;  ///< of the key columns
  /// Tables of this job on the same target that triggers of this one may write, and their triggers
  /// in turn; see planner/triggers.h.
  std::vector<mysql::TableName> touches;
  /// Can the client put keys of both sides in the order in which the servers' indexes hold them? If
  /// not, rows are sorted by the bytes of their keys and chunks are lists of keys.
  bool index_order = false;
  /// Of a two-way table: itself as each member is written, in the order of the members: the target
  /// of views[m] is member m. Null otherwise.
  std::shared_ptr<const std::vector<TablePair>> views;
  /// Of each member the application's log of changes, in the order of `views`; null: none is asked.
  std::shared_ptr<const std::vector<AuditLog>> audit_logs;
  /// `deletes.tombstones` of the source, where the pair's options name it and it is there.
  std::optional<mysql::Table> tombstones;

  [[nodiscard]] const mysql::Table& table(Side side) const {
    return side == Side::source ? source : target;
  }
  [[nodiscard]] const std::string& server(Side side) const {
    return side == Side::source ? job.source : job.target;
  }
  [[nodiscard]] std::vector<mysql::CellType> types() const;

  /// No key identifies a row: its identity is all of it, and there may be several of it. A table is
  /// a multiset of rows then, one chunk and one unit.
  [[nodiscard]] bool is_keyless() const { return key_columns == 0; }
  /// How many of the first columns identify a row.
  [[nodiscard]] std::size_t identity_columns() const {
    return is_keyless() ? columns.size() : key_columns;
  }
};

/// The same with its members exchanged: how the source is written.
[[nodiscard]] TablePair reversed(const TablePair& pair);

/// Pairs the schemas and tells every drift before a row is read. Findings of severity error mean
/// that the pair must not be compared.
[[nodiscard]] TablePair pair_tables(const TableJob& job, const mysql::Table& source,
                                    const mysql::Table& target, mysql::Vendor source_vendor,
                                    mysql::Vendor target_vendor, Findings& findings);

}  // namespace rowplan::planner
