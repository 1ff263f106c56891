// The column that tells when a row changed, as the servers have it.
#pragma once

#include <string>

#include "mysql/session.h"
#include "planner/finding.h"
#include "planner/instant.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// What stands against reading the pair's table by its `incremental.column`. Findings of severity
/// error: rows could be lost.
void judge_watermark_column(const TablePair& pair, Findings& findings);

/// Is there a row without a value there? Such a row is in no window. By the column's index.
[[nodiscard]] bool has_null_stamp(mysql::Session& source, const TablePair& pair);

/// Digits of the column's fraction of a second on the source.
[[nodiscard]] unsigned stamp_digits(const TablePair& pair);

/// `instant` as the column's values are compared with it: a DATETIME stands in its own time zone.
[[nodiscard]] std::string stamp_literal(const TablePair& pair, Instant instant);

/// The column's value on the source as an instant: microseconds since 1970 in UTC, as SQL.
[[nodiscard]] std::string stamp_expression(const TablePair& pair);

/// low <= column < high, in SQL; no low: only the other.
[[nodiscard]] std::string in_window(const TablePair& pair, std::optional<Instant> low,
                                    std::optional<Instant> high);

/// Name of the source's index by which a window is read; empty: there is none.
[[nodiscard]] std::string stamp_index(const TablePair& pair);

/// The first index of `table` that begins with `column` and can be read by; empty: there is none.
[[nodiscard]] std::string index_by(const mysql::Table& table, const mysql::Column& column);

}  // namespace rowplan::planner
