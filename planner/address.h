// Addresses: `pair` and `pair/db.table`, with the bytes of unusual names as %XX. What a one-way
// group does on one spoke is a pair called `group@spoke`; no other name has an @.
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
  std::string pair;                ///< or `group@spoke`, or `group`
  std::optional<TableName> table;  ///< none: the whole pair

  friend bool operator==(const Address&, const Address&) = default;
};

/// Reads `pair` or `pair/db.table`. nullopt: neither of these.
[[nodiscard]] std::optional<Address> parse_address(std::string_view text);

[[nodiscard]] std::string to_string(const Address& address);

/// `group@spoke`.
[[nodiscard]] std::string spoke_name(const std::string& group, const std::string& spoke);

/// Is it the name of what a group does on one spoke?
[[nodiscard]] bool is_of_group(std::string_view pair);

/// Does `named`, of an address, mean this pair: by its name, or by that of its group?
[[nodiscard]] bool means_pair(std::string_view named, std::string_view pair);

/// What a plan and JSON tell of an address: that of the group, and the spoke beside it.
struct SharedAddress {
  std::string address;
  std::string spoke;  ///< empty: not of a group
};
[[nodiscard]] SharedAddress without_spoke(std::string_view address);
/// Undoes without_spoke.
[[nodiscard]] std::string with_spoke(const SharedAddress& shared);

}  // namespace rowplan::planner
