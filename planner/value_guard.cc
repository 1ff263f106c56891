#include "planner/value_guard.h"

#include <cassert>

#include "mysql/quote.h"
#include "planner/sha256.h"

namespace rowplan::planner {

namespace {

using mysql::CellKind;

/// Bytes up to this length stand in the condition; of longer ones their SHA-256 does, so that the
/// condition of a whole row fits into a packet.
constexpr std::size_t kGuardedInFullBytes = 128;

/// A VECTOR cannot be compared with NULL either.
std::string equals(const std::string& expression, const std::optional<std::string>& literal) {
  return literal ? expression + "<=>" + *literal : expression + " IS NULL";
}

/// `expression` is of bytes.
std::string bytes_guard(const std::string& expression, std::string_view bytes) {
  if (bytes.size() <= kGuardedInFullBytes) return equals(expression, mysql::bytes_literal(bytes));
  return equals("SHA2(" + expression + ",256)", "'" + sha256_hex(bytes) + "'");
}

/// By the bytes that the target's column stores. The UTF-8 of a tagged text converts back to them,
/// by what its tag says.
std::string text_guard(const PairColumn& column, const std::string& name, std::string_view cell) {
  const std::string stored = "CAST(" + name + " AS BINARY)";
  if (column.type.kind == CellKind::text) return bytes_guard(stored, cell);
  const std::string_view text = cell.substr(1);
  if (cell[0] == 'x') return bytes_guard(stored, text);
  const std::string& charset = column.target.charset;
  if (text.size() <= kGuardedInFullBytes)
    return equals(stored, "CAST(CONVERT(_utf8mb4 x'" + mysql::hex_upper(text) + "' USING " +
                              charset + ") AS BINARY)");
  // Other bytes that are no text could convert to the same UTF-8; they do not convert back.
  const std::string utf8 = "CONVERT(" + name + " USING utf8mb4)";
  return bytes_guard("CAST(" + utf8 + " AS BINARY)", text) + " AND CAST(CONVERT(" + utf8 +
         " USING " + charset + ") AS BINARY)<=>" + stored;
}

/// A VECTOR cannot be compared at all, a GEOMETRY not with bytes.
std::string binary_guard(const PairColumn& column, const std::string& name, std::string_view cell) {
  const mysql::TypeFamily family = column.target.family;
  const bool by_hex = family == mysql::TypeFamily::vector ||
                      (family == mysql::TypeFamily::geometry && cell.size() <= kGuardedInFullBytes);
  return by_hex ? equals("HEX(" + name + ")", "'" + mysql::hex_upper(cell) + "'")
                : bytes_guard(name, cell);
}

/// ENUM and SET by their labels: the numbers may differ between two definitions. Index 0 and a
/// label
/// '' have the same text.
std::string label_guard(const std::string& name, std::string_view cell) {
  const std::string number = "CAST(" + name + " AS UNSIGNED)";
  if (cell[0] == '1') return number + "=0";
  const std::string text = equals("CAST(CONVERT(" + name + " USING utf8mb4) AS BINARY)",
                                  mysql::bytes_literal(cell.substr(1)));
  return cell.size() > 1 ? text : text + " AND " + number + "<>0";
}

}  // namespace

bool is_guardable(const PairColumn& column) noexcept {
  return column.type.kind != CellKind::json || !column.type.canonical;
}

std::string value_guard(const PairColumn& column, const std::optional<std::string>& cell) {
  const std::string name = mysql::quote_name(column.target.name);
  switch (column.type.kind) {
    case CellKind::integer:
    case CellKind::year:
    case CellKind::decimal:
    case CellKind::real:
    case CellKind::date:
    case CellKind::datetime:
    case CellKind::time:
    case CellKind::plain:
      return equals(name, cell ? std::optional(mysql::literal(column.type, *cell)) : std::nullopt);
    case CellKind::text:
    case CellKind::tagged_text:
      return cell ? text_guard(column, name, *cell) : equals(name, std::nullopt);
    case CellKind::bytes:
      return cell ? binary_guard(column, name, *cell) : equals(name, std::nullopt);
    case CellKind::label:
      return cell ? label_guard(name, *cell) : equals(name, std::nullopt);
    case CellKind::json: {
      const std::string text = "CAST(CAST(" + name + " AS CHAR CHARACTER SET utf8mb4) AS BINARY)";
      if (!cell) return equals(text, std::nullopt);
      if (!is_guardable(column)) return "";
      return bytes_guard(text, *cell);
    }
  }
  assert(false);
  return "";
}

}  // namespace rowplan::planner
