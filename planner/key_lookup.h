// Rows looked up by their keys, which only the server knows to be equal or not.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mysql/session.h"
#include "planner/select_sql.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// Rows by the bytes of their keys.
using KeyedRows = std::map<std::string, mysql::Row>;

/// The bytes of a row's key, as KeyedRows has them.
[[nodiscard]] std::string key_bytes(const TablePair& pair, const mysql::Row& row);

/// The rows that the member finds under `keys`, by its own rules of equality. These functions throw
/// mysql::Error; no other result may be open on the session.
[[nodiscard]] KeyedRows rows_of_keys(mysql::Session& session, const TablePair& pair, Side side,
                                     const std::vector<mysql::Row>& keys, bool filtered,
                                     Wanted wanted = Wanted::all);

/// Numbers of `keys`, each with a key of the member's that it takes for equal.
[[nodiscard]] std::vector<std::pair<std::size_t, mysql::Row>> equal_keys(
    mysql::Session& session, const TablePair& pair, Side side, const std::vector<mysql::Row>& keys,
    bool filtered);

/// For each of `keys` the row that the member has under an equal key.
[[nodiscard]] std::vector<std::optional<mysql::Row>> rows_with_equal_keys(
    mysql::Session& session, const TablePair& pair, Side side, const std::vector<mysql::Row>& keys,
    bool filtered, Wanted wanted);

}  // namespace rowplan::planner
