// Addresses: `pair` and `pair/db.table`, with the bytes of unusual names as %XX.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mysql/schema.h"

namespace rowplan::planner {

using mysql::TableName;

/// Bytes outside [A-Za-z0-9_$-] become %XX, with upper-case digits: fit for an address and for the
/// name of a file.
[[nodiscard]] std::string encode_name(std::string_view name);

/// Undoes encode_name; other bytes stand for themselves, so that people may write `Größe`. nullopt:
/// a % without two hex digits, or a NUL byte.
[[nodiscard]] std::optional<std::string> decode_name(std::string_view text);

/// `db.table`, encoded.
[[nodiscard]] std::string encode_table(const TableName& name);

/// Reads `db.table`, parted at the first dot. nullopt: no dot, an empty part, or not decodable.
[[nodiscard]] std::optional<TableName> parse_table(std::string_view text);

struct Address {
  std::string pair;
  std::optional<TableName> table;  ///< none: the whole pair

  friend bool operator==(const Address&, const Address&) = default;
};

/// Reads `pair` or `pair/db.table`. nullopt: neither of these.
[[nodiscard]] std::optional<Address> parse_address(std::string_view text);

[[nodiscard]] std::string to_string(const Address& address);

}  // namespace rowplan::planner
