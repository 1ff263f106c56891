#include "mysql/privileges.h"

#include <algorithm>
#include <array>

#include "mysql/quote.h"

namespace rowplan::mysql {

namespace {

using Kind = GrantLine::Kind;
using Grantee = GrantLine::Grantee;

constexpr std::array kGrantees = {Grantee::user, Grantee::role, Grantee::everyone};
/// Any of these on *.* makes all tables visible.
constexpr std::array kTablePrivileges = {"SELECT",      "INSERT",    "UPDATE", "DELETE",
                                         "CREATE",      "DROP",      "INDEX",  "ALTER",
                                         "CREATE VIEW", "SHOW VIEW", "TRIGGER"};

bool gives(const GrantLine& line, const std::string& privilege) {
  return line.privileges.count(privilege) > 0 || line.privileges.count("ALL PRIVILEGES") > 0 ||
         line.privileges.count("ALL") > 0;
}

bool is_global(const GrantLine& line) { return line.db.empty() && line.table.empty(); }

/// Where the first wildcard stands: of two patterns that match, the servers take the one that says
/// more before it, and that one alone.
std::size_t exactness(const std::string& pattern, Wildcards wildcards) {
  if (wildcards == Wildcards::none) return std::string::npos;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\')
      ++i;
    else if (pattern[i] == '_' || pattern[i] == '%')
      return i;
  }
  return std::string::npos;
}

std::size_t character_bytes(std::string_view text) {
  std::size_t bytes = 1;
  while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) ++bytes;
  return bytes;
}

/// "user@host", as CURRENT_USER() says it; a user's name may hold an @, a host's may not.
std::string quoted_account(const std::string& account) {
  const std::size_t at = account.rfind('@');
  if (at == std::string::npos) return quote_name(account);
  return quote_name(account.substr(0, at)) + "@" + quote_name(account.substr(at + 1));
}

}  // namespace

bool database_matches(std::string_view pattern, std::string_view db, Wildcards wildcards) {
  while (!pattern.empty()) {
    const char c = pattern.front();
    const bool wild = wildcards == Wildcards::in_databases;
    if (wild && c == '%') {
      for (std::size_t i = 0; i <= db.size(); ++i)
        if (database_matches(pattern.substr(1), db.substr(i), wildcards)) return true;
      return false;
    }
    if (db.empty()) return false;
    pattern.remove_prefix(1);
    if (wild && c == '_') {
      db.remove_prefix(character_bytes(db));
      continue;
    }
    char letter = c;
    if (c == '\\' && !pattern.empty()) {
      letter = pattern.front();
      pattern.remove_prefix(1);
    }
    if (letter != db.front()) return false;
    db.remove_prefix(1);
  }
  return db.empty();
}

bool Privileges::on_server(const std::string& privilege) const {
  return std::any_of(lines_.begin(), lines_.end(), [&](const GrantLine& line) {
    return line.kind == Kind::grants && is_global(line) && gives(line, privilege);
  });
}

bool Privileges::revoked(const std::string& privilege, const std::string& db) const {
  return std::any_of(lines_.begin(), lines_.end(), [&](const GrantLine& line) {
    return line.kind == Kind::revokes && gives(line, privilege) &&
           (is_global(line) || database_matches(line.db, db, Wildcards::none));
  });
}

/// By the lines of one grantee. Patterns that are equally exact must all give it.
bool Privileges::granted(Grantee grantee, const std::string& privilege,
                         const std::string& db) const {
  std::size_t best = 0;
  bool any = false;
  bool all = true;
  for (const GrantLine& line : lines_) {
    if (line.kind != Kind::grants || line.grantee != grantee) continue;
    if (line.db.empty() || !line.table.empty()) continue;
    if (!database_matches(line.db, db, wildcards_)) continue;
    const std::size_t exact = exactness(line.db, wildcards_);
    if (any && exact < best) continue;
    // One object may have several lines: MariaDB writes one for each role that gives something.
    const bool same = any && exact == best && exact == std::string::npos;
    const bool gives_it = gives(line, privilege);
    if (!any || exact > best)
      all = gives_it;
    else
      all = same ? all || gives_it : all && gives_it;
    best = exact;
    any = true;
  }
  return any && all;
}

std::string Privileges::database_pattern(const std::string& db) const {
  const GrantLine* best = nullptr;
  for (const GrantLine& line : lines_) {
    if (line.kind != Kind::grants || line.grantee != Grantee::user) continue;
    if (line.db.empty() || !line.table.empty()) continue;
    if (!database_matches(line.db, db, wildcards_)) continue;
    if (best == nullptr || exactness(line.db, wildcards_) > exactness(best->db, wildcards_))
      best = &line;
  }
  if (best != nullptr) return best->db;
  std::string escaped;
  for (const char c : db) {
    if (wildcards_ == Wildcards::in_databases && (c == '_' || c == '%' || c == '\\'))
      escaped += '\\';
    escaped += c;
  }
  return escaped;
}

bool Privileges::on_database(const std::string& privilege, const std::string& db) const {
  if (on_server(privilege) && !revoked(privilege, db)) return true;
  return std::any_of(kGrantees.begin(), kGrantees.end(),
                     [&](Grantee grantee) { return granted(grantee, privilege, db); });
}

bool Privileges::on_table(const std::string& privilege, const TableName& table) const {
  if (on_database(privilege, table.db)) return true;
  return std::any_of(lines_.begin(), lines_.end(), [&](const GrantLine& line) {
    return line.kind == Kind::grants && !line.table.empty() && line.db == table.db &&
           line.table == table.table && gives(line, privilege);
  });
}

bool Privileges::on_columns(const std::string& privilege, const TableName& table,
                            const std::vector<std::string>& columns) const {
  if (on_table(privilege, table)) return true;
  return std::all_of(columns.begin(), columns.end(), [&](const std::string& column) {
    return std::any_of(lines_.begin(), lines_.end(), [&](const GrantLine& line) {
      const auto found = line.on_columns.find(privilege);
      return line.kind == Kind::grants && line.db == table.db && line.table == table.table &&
             found != line.on_columns.end() && found->second.count(column) > 0;
    });
  });
}

bool Privileges::sees_every_table() const {
  return std::any_of(kTablePrivileges.begin(), kTablePrivileges.end(),
                     [&](const std::string& privilege) {
                       return on_server(privilege) &&
                              std::none_of(lines_.begin(), lines_.end(), [&](const GrantLine& l) {
                                return l.kind == Kind::revokes && gives(l, privilege);
                              });
                     });
}

Privileges read_privileges(Session& session) {
  const std::string doing = "reading the user's privileges";
  std::vector<GrantLine> lines;
  for (const TextRow& row : session.query("SHOW GRANTS", doing)) {
    // The line itself is not told: it can hold a password's hash.
    auto line = parse_grant_line(row.at(0).value_or(""));
    if (!line)
      throw Error(session.server(), 0, "HY000", "SHOW GRANTS has a line that cannot be read",
                  doing);
    lines.push_back(std::move(*line));
  }
  bool literal = false;
  if (session.vendor() == Vendor::mysql) {
    const TextRows partial = session.query("SHOW GLOBAL VARIABLES LIKE 'partial_revokes'", doing);
    literal = !partial.empty() && partial[0].at(1).value_or("") == "ON";
  }
  const TextRows user = session.query("SELECT CURRENT_USER()", doing);
  return {quoted_account(user.at(0).at(0).value_or("")), std::move(lines),
          literal ? Wildcards::none : Wildcards::in_databases};
}

}  // namespace rowplan::mysql
