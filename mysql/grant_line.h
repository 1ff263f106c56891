// One line of SHOW GRANTS.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace rowplan::mysql {

struct GrantLine {
  enum class Kind : std::uint8_t {
    grants,
    revokes,  ///< MySQL's partial revoke: what `*.*` gives, this database does not
    other,    ///< a role, a proxy, a routine, a default role: nothing about tables
  };
  /// Whose line it is. MariaDB lists the lines of the user, of its role and of PUBLIC apart; MySQL
  /// lists the sum as the user's.
  enum class Grantee : std::uint8_t { user, role, everyone };

  Kind kind = Kind::other;
  Grantee grantee = Grantee::user;
  std::string db;                    ///< a pattern where `table` is empty; empty: *.*
  std::string table;                 ///< empty: all tables of `db`
  std::set<std::string> privileges;  ///< in capitals: "SELECT", "ALL PRIVILEGES"
  /// Privileges on some columns alone, with their columns.
  std::map<std::string, std::set<std::string>> on_columns;
};

/// nullopt: no line that a known server writes.
[[nodiscard]] std::optional<GrantLine> parse_grant_line(std::string_view line);

}  // namespace rowplan::mysql
