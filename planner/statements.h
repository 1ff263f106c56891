// SQL that writes the changes of one table on its target. Pure; what is for tables without a key
// alone stands in keyless_statements.h.
//
// Every value goes PlanValue -> cell -> literal, so that nothing of a plan becomes SQL as it
// stands. A value that does not convert, or a change that does not fit its table, throws PlanError.
// Values that a plan withholds (ref, hmac) must have been replaced by the real ones before.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mysql/session.h"
#include "planner/change.h"
#include "planner/change_values.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// A column of a row that was given another value for a while, to make a unique value free.
struct Parked {
  std::size_t column = 0;              ///< of pair.columns
  std::optional<std::string> literal;  ///< SQL; nullopt: NULL

  friend bool operator==(const Parked&, const Parked&) = default;
};

/// Values that are sent beside a statement, because a packet cannot hold them in it: `?` stands
/// there.
using LongValues = std::vector<mysql::LongValue>;
/// From this size on, where a statement would be too long.
inline constexpr std::size_t kLongValueBytes = std::size_t{16} << 10U;

/// Does the row have to hold its old values still for a statement to find it?
enum class Guard : std::uint8_t {
  none,
  /// Compared NULL-safe and byte by byte. Not guarded: JSON that only a client can compare.
  old_values,
};

/// How one row is found.
struct RowTerms {
  Guard guard = Guard::none;
  std::span<const Parked> parked;  ///< what was parked of this row so far
};

using Changes = std::span<const Change* const>;

/// INSERT INTO t (...)
[[nodiscard]] std::string insert_head(const TablePair& pair);
/// The literals of the row that an insert brings, in the pair's order, joined by commas.
[[nodiscard]] std::string row_values(const TablePair& pair, const Change& change,
                                     LongValues* long_values = nullptr);

/// INSERT INTO t (...) VALUES (...),(...): the rows in the order of the changes.
[[nodiscard]] std::string insert_statement(const TablePair& pair, Changes changes);
/// INSERT of one row, if there is no row with its key.
[[nodiscard]] std::string insert_if_absent(const TablePair& pair, const Change& change);

/// The same where no row holds one of its unique values either: cannot fail as a duplicate.
[[nodiscard]] std::string insert_if_free(const TablePair& pair, const Change& change);

/// DELETE FROM t WHERE key IN (...)
[[nodiscard]] std::string delete_statement(const TablePair& pair, Changes changes);
[[nodiscard]] std::string delete_statement(const TablePair& pair, const Change& change,
                                           const RowTerms& terms);

/// `c`=`c`, each behind a comma, for the columns that the server would stamp, compared or not;
/// `written`: by the statement.
[[nodiscard]] std::string keep_stamps(const TablePair& pair,
                                      const std::vector<std::size_t>& written);
/// UPDATE t SET ... WHERE key. Columns that a server stamps on every update keep their values,
/// unless the change writes them.
/// With `long_values`, large ones go there.
[[nodiscard]] std::string update_statement(const TablePair& pair, const Change& change,
                                           const RowTerms& terms = {},
                                           LongValues* long_values = nullptr);
/// UPDATE that parks one column of the row.
[[nodiscard]] std::string park_statement(const TablePair& pair, const Change& change,
                                         const Parked& park, const RowTerms& terms = {});

/// Does the change write what a strict session refuses: an ENUM's index 0?
[[nodiscard]] bool needs_lenient_mode(const TablePair& pair, const Change& change);

/// Rows of one statement at most.
inline constexpr std::size_t kStatementRowsMax = 1000;

struct StatementLimits {
  std::size_t bytes = 0;  ///< of SQL: max_allowed_packet, less a reserve
  std::size_t rows = kStatementRowsMax;
};

struct Statement {
  std::string sql;
  std::size_t rows = 0;  ///< that it must write
  bool lenient = false;  ///< needs_lenient_mode of all its rows; no statement mixes
  LongValues long_values = {};
};

/// Insert or delete `changes`, in their order, by as few statements as the limits allow; without a
/// key, rows that are equal to each other are deleted by a statement of their own. A row that is
/// over the limit alone gets a statement of its own, its large values beside it.
void batch_inserts(const TablePair& pair, Changes changes, const StatementLimits& limits,
                   const std::function<void(const Statement&)>& sink);
void batch_deletes(const TablePair& pair, Changes changes, const StatementLimits& limits,
                   const std::function<void(const Statement&)>& sink);

}  // namespace rowplan::planner
