#include "planner/writable.h"

#include "mysql/quote.h"

namespace rowplan::planner {

std::optional<std::string> why_unwritable(const TablePair& pair, const mysql::Row& source,
                                          std::size_t i) {
  const PairColumn& column = pair.columns[i];
  const std::string name = "column '" + mysql::printable(column.name) + "'";
  if (source.is_null(i)) {
    if (column.target.nullable) return std::nullopt;
    return name + " is NOT NULL on " + pair.job.target + " and cannot take NULL";
  }
  const mysql::CellKind kind = column.type.kind;
  // Bytes that do not convert to UTF-8 and back may still be good text of a charset that both have.
  const bool text =
      kind == mysql::CellKind::text ||
      (kind == mysql::CellKind::tagged_text && column.source.charset != column.target.charset);
  if (text && !mysql::show(column.type, source.cell(i)).text)
    return name +
           " holds bytes that are no text of its character set, which a strict session "
           "refuses";
  return std::nullopt;
}

}  // namespace rowplan::planner
