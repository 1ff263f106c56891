// What apply overwrote in one unit, and its lines in an undo file (docs/undo-log.md).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "planner/change.h"

namespace rowplan::executor {

inline constexpr const char* kUndoFormatVersion = "1.0";

/// The first line of a file.
struct UndoHeader {
  std::string plan_id;
  std::string plan_digest;
  std::string run_id;      ///< of the apply
  std::string created_at;  ///< RFC 3339, UTC, milliseconds
  std::string tool_version;
};

/// A table of the member that was written; its rows follow.
struct UndoTable {
  std::string address;               ///< pair/db.table, as in the plan
  std::string server;                ///< the member's name in the manifest
  std::string identity;              ///< of that server
  std::string name;                  ///< db.table there, encoded like an address
  std::vector<std::string> key;      ///< as the member spells them; empty: no identity
  std::vector<std::string> columns;  ///< key first; all that can be written
};

using UndoValues = std::vector<planner::PlanValue>;  ///< never ref, never hmac

/// One row that was written.
struct UndoRow {
  planner::Op op = planner::Op::insert;
  std::optional<UndoValues> key;  ///< as before the write (insert: as written); none: no identity
  std::optional<UndoValues> before;  ///< update, remove: the whole row, in the table's columns
  std::optional<UndoValues> after;   ///< insert, update: likewise
  std::uint64_t count = 0;           ///< of equal rows, for a table without an identity

  friend bool operator==(const UndoRow&, const UndoRow&) = default;
};

struct UndoTablePart {
  UndoTable table;
  std::vector<UndoRow> rows;
};

struct UndoUnit {
  std::uint64_t id = 0;
  std::uint64_t step = 0;  ///< of a unit in steps, from 1; 0: the whole unit
  std::vector<UndoTablePart> tables;
};

/// What closes a unit's lines.
struct UndoEnd {
  std::uint64_t unit = 0;
  std::uint64_t lines = 0;  ///< of the unit before this one
  std::string sha256;       ///< of the header's line and these lines, newlines included
};

// Each line with its newline.
[[nodiscard]] std::string to_line(const UndoHeader& header);
[[nodiscard]] std::string unit_line(std::uint64_t unit, std::uint64_t step);
[[nodiscard]] std::string to_line(const UndoTable& table);
[[nodiscard]] std::string to_line(const UndoRow& row);
[[nodiscard]] std::string to_line(const UndoEnd& end);

/// Reads lines without their newlines. All throw PlanError, with `file` in it, for anything that
/// to_line did not write: another version, an unknown member, values that do not fit the columns.
[[nodiscard]] UndoHeader undo_header_from(std::string_view line, const std::string& file);
/// The unit's id and step.
[[nodiscard]] UndoUnit undo_unit_from(std::string_view line, const std::string& file);
[[nodiscard]] UndoTable undo_table_from(std::string_view line, const std::string& file);
[[nodiscard]] UndoRow undo_row_from(std::string_view line, const UndoTable& table,
                                    const std::string& file);
[[nodiscard]] UndoEnd undo_end_from(std::string_view line, const std::string& file);

// What a line is, by its first member alone.
[[nodiscard]] bool is_undo_unit(std::string_view line) noexcept;
[[nodiscard]] bool is_undo_table(std::string_view line) noexcept;
[[nodiscard]] bool is_undo_end(std::string_view line) noexcept;

}  // namespace rowplan::executor
