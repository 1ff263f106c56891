// Whether values of one column fit into another, and in which form both are held.
#pragma once

#include <optional>
#include <string>

#include "mysql/cell.h"
#include "mysql/row_stream.h"
#include "mysql/schema.h"

namespace rowplan::planner {

/// How a source column's type meets the target's.
struct ColumnFit {
  enum class Verdict : std::uint8_t {
    fits,
    lossy,    ///< the target cannot hold every value of the source
    differs,  ///< types that do not mean the same
  };
  Verdict verdict = Verdict::fits;
  mysql::CellType type;  ///< where it fits or is lossy
  std::string why;       ///< where not `fits`
};

[[nodiscard]] ColumnFit fit_columns(const mysql::Column& source, const mysql::Column& target,
                                    mysql::Vendor source_vendor, mysql::Vendor target_vendor);

/// How to fetch `column` as a cell of `type`. `as_key`: the expression must also sort and compare
/// on the server as its cell does on the client.
[[nodiscard]] mysql::ReadColumn read_column(const mysql::Column& column,
                                            const mysql::CellType& type, bool as_key);

/// SQL that sorts on the server as the cells' bytes sort; for keys that have no order of their own.
[[nodiscard]] std::string byte_order_expression(const mysql::Column& column,
                                                const mysql::CellType& type);

/// Characters kept as UTF-8 by the server: utf8mb4, utf8mb3, ascii.
[[nodiscard]] bool is_utf8_charset(const std::string& charset);
/// Does the collation compare as code points do, and nothing else?
[[nodiscard]] bool is_binary_collation(const std::string& collation);
/// Is 'a' another key than 'a '?
[[nodiscard]] bool is_no_pad(const std::string& collation);

}  // namespace rowplan::planner
