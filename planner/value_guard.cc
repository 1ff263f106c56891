#include "planner/value_guard.h"

#include <cassert>

#include "mysql/quote.h"

namespace rowplan::planner {

namespace {

using mysql::CellKind;

std::string equals(const std::string& expression, const std::optional<std::string>& literal) {
  return expression + "<=>" + literal.value_or("NULL");
}

/// The bytes that the target's column stores for `cell`. The UTF-8 of a tagged text converts back
/// to them, by what its tag says.
std::string stored_text(const PairColumn& column, std::string_view cell) {
  if (column.type.kind == CellKind::text) return mysql::bytes_literal(cell);
  if (cell[0] == 'x') return mysql::bytes_literal(cell.substr(1));
  return "CAST(CONVERT(_utf8mb4 x'" + mysql::hex_upper(cell.substr(1)) + "' USING " +
         column.target.charset + ") AS BINARY)";
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
      return equals("CAST(" + name + " AS BINARY)",
                    cell ? std::optional(stored_text(column, *cell)) : std::nullopt);
    case CellKind::bytes:
      // Not by its bytes: a VECTOR cannot be compared at all, a GEOMETRY not cast.
      return equals("HEX(" + name + ")",
                    cell ? std::optional("'" + mysql::hex_upper(*cell) + "'") : std::nullopt);
    case CellKind::label:
      return cell ? label_guard(name, *cell) : equals(name, std::nullopt);
    case CellKind::json: {
      const std::string text = "CAST(CAST(" + name + " AS CHAR CHARACTER SET utf8mb4) AS BINARY)";
      if (!cell) return equals(text, std::nullopt);
      if (!is_guardable(column)) return "";
      return equals(text, mysql::bytes_literal(*cell));
    }
  }
  assert(false);
  return "";
}

}  // namespace rowplan::planner
