// What the session's user may do, roles included.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mysql/grant_line.h"
#include "mysql/schema.h"
#include "mysql/session.h"

namespace rowplan::mysql {

/// In a grant on a database, are _ and % wildcards? MySQL's partial_revokes makes them letters.
enum class Wildcards : bool { none, in_databases };

/// Privileges are named as SHOW GRANTS names them: "SELECT", "PROCESS", "LOCK TABLES". Where it
/// cannot be told for sure, the answer is no.
class Privileges {
 public:
  Privileges() = default;
  /// `account`: `user`@`host`, as a GRANT names it.
  Privileges(std::string account, std::vector<GrantLine> lines, Wildcards wildcards)
      : account_(std::move(account)), lines_(std::move(lines)), wildcards_(wildcards) {}

  [[nodiscard]] bool on_server(const std::string& privilege) const;
  /// On all tables of the database.
  [[nodiscard]] bool on_database(const std::string& privilege, const std::string& db) const;
  [[nodiscard]] bool on_table(const std::string& privilege, const TableName& table) const;
  [[nodiscard]] bool on_columns(const std::string& privilege, const TableName& table,
                                const std::vector<std::string>& columns) const;
  /// Does information_schema show this user every table of the server?
  [[nodiscard]] bool sees_every_table() const;
  [[nodiscard]] const std::string& account() const noexcept { return account_; }
  /// What a further GRANT on the database should name: the pattern that counts for it now, because
  /// a more exact one would take away what that one gives; else the database alone.
  [[nodiscard]] std::string database_pattern(const std::string& db) const;

 private:
  [[nodiscard]] bool revoked(const std::string& privilege, const std::string& db) const;
  [[nodiscard]] bool granted(GrantLine::Grantee grantee, const std::string& privilege,
                             const std::string& db) const;

  std::string account_;
  std::vector<GrantLine> lines_;
  Wildcards wildcards_ = Wildcards::in_databases;
};

/// By SHOW GRANTS, the one place that shows what active roles give: the views of information_schema
/// leave roles out, and show whoever may read the schema `mysql` the privileges of all users.
/// Throws Error, also for a line that cannot be read.
[[nodiscard]] Privileges read_privileges(Session& session);

/// Does the pattern of a grant mean this database? `_` is one character, `%` any number of them, a
/// backslash takes the meaning away.
[[nodiscard]] bool database_matches(std::string_view pattern, std::string_view db,
                                    Wildcards wildcards);

}  // namespace rowplan::mysql
