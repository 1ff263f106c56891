// A change: one row on one member, as it stands in changes/<pair>/<db>.<table>.ndjson.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "planner/audit_entry.h"

namespace rowplan::planner {

/// One value as a plan shows it. Everything is text, so that nothing is rounded on the way.
struct PlanValue {
  enum class Form : std::uint8_t {
    null,  ///< JSON null
    text,  ///< JSON string: exact text, valid UTF-8
    hex,   ///< {"hex":"..."}: bytes that are not text
    ref,   ///< {"ref":"<sha256>","bytes":N}: large; read again at apply
    hmac,  ///< {"hmac":"..."}: sensitive; read again at apply
  };
  Form form = Form::null;
  std::string data;  ///< text; for hex the raw bytes (not hex digits); for ref and hmac lower-case
                     ///< hex digits
  std::uint64_t bytes = 0;  ///< of the referenced value, for ref

  friend bool operator==(const PlanValue&, const PlanValue&) = default;
};

enum class Op : std::uint8_t { insert, update, remove, conflict };

[[nodiscard]] const char* op_name(Op op) noexcept;  ///< "insert", "update", "delete", "conflict"

using NamedValues = std::vector<std::pair<std::string, PlanValue>>;

/// What decided a conflict, or did not.
struct ChangeResolution {
  std::string take;  ///< the member whose row all get; "columns": of several; "skip": nobody's
  std::string by;    ///< the rule, or who resolved it
};

/// What stands in a line of op conflict: a row of a two-way table that members changed differently.
struct ChangeConflict {
  std::string kind;                                      ///< see conflict_kind_name (merge.h)
  std::vector<std::pair<std::string, std::string>> did;  ///< member -> row_state_name
  /// Who changed it there, of each member; nullopt: its log does not tell. Empty: there is no log.
  std::vector<std::pair<std::string, std::optional<AuditEntry>>> audit;
  /// Of each member its row, in the order of the members; nullopt: it has none.
  std::vector<std::pair<std::string, std::optional<NamedValues>>> rows;
  std::optional<ChangeResolution> resolution;  ///< none: a person must decide
};

struct Change {
  Op op = Op::insert;
  std::string on;           ///< the member that is written; empty: a conflict
  std::uint64_t chunk = 0;  ///< id of a chunk of the same table
  /// Values of the key columns as they stand on `on` (for an insert: as they will); nullopt for a
  /// table without an identity ("key":null).
  std::optional<std::vector<PlanValue>> key;
  NamedValues before;  ///< delete: the whole row; update: the changed columns; else empty
  NamedValues after;   ///< insert: the whole row; update: the changed columns; else empty
  /// "missing", "differs", "key_differs", "extra"; of two-way tables "merged", "conflict"; of a
  /// conflict why no rule decided it, or what the rule went by.
  std::string reason;
  std::uint64_t count = 0;  ///< of equal rows, for a table without an identity; 0: not written
  std::uint64_t had = 0;    ///< with `count` alone: how many such rows `on` holds before
  std::optional<ChangeConflict> conflict;  ///< of op conflict alone

  /// Rows that the change writes.
  [[nodiscard]] std::uint64_t rows() const {
    if (op == Op::conflict) return 0;
    return key ? 1 : count;
  }
};

/// One NDJSON line without its newline. Keys in the order of the contract: op, on, chunk, key,
/// before, after, reason, count, had; `before` and `after` are left out where they are empty. Of a
/// conflict: op, chunk, key, kind, did, audit (where there is one), rows, resolution, reason.
[[nodiscard]] std::string to_json_line(const Change& change);

/// The same line, with `by` added to the number of its chunk.
[[nodiscard]] std::string with_chunks_raised(std::string_view line, std::uint64_t by);

/// Reads what to_json_line wrote. Throws PlanError (planner/plan_error.h) for anything else:
/// unknown op, wrong type, unknown value form, odd hex, depth, trailing bytes.
[[nodiscard]] Change change_from_json_line(std::string_view line);

}  // namespace rowplan::planner
