#include "mysql/grant_line.h"

#include <algorithm>
#include <array>
#include <vector>

namespace rowplan::mysql {

namespace {

constexpr std::array<std::string_view, 5> kNotTables = {"PROCEDURE ", "FUNCTION ", "PACKAGE BODY ",
                                                        "PACKAGE ", "LIBRARY "};

class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  /// A name in backticks, or bare.
  [[nodiscard]] std::optional<std::string> name() {
    if (!take("`")) return word(" .,()@");
    std::string out;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c != '`') {
        out += c;
      } else if (!take("`")) {
        return out;
      } else {
        out += '`';
      }
    }
    return std::nullopt;
  }

  /// Anything up to one of `ends`; not empty.
  [[nodiscard]] std::optional<std::string> word(std::string_view ends) {
    const std::size_t end = std::min(rest_.find_first_of(ends), rest_.size());
    if (end == 0) return std::nullopt;
    std::string out(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return out;
  }

  [[nodiscard]] bool at(std::string_view text) const { return rest_.starts_with(text); }
  void skip_spaces() {
    while (take(" ")) {
    }
  }

 private:
  std::string_view rest_;
};

/// "(`a`, `b`)", behind its opening parenthesis.
std::optional<std::set<std::string>> columns(Cursor& cursor) {
  std::set<std::string> names;
  do {
    cursor.skip_spaces();
    const auto name = cursor.name();
    if (!name) return std::nullopt;
    names.insert(*name);
    cursor.skip_spaces();
  } while (cursor.take(","));
  if (!cursor.take(")")) return std::nullopt;
  return names;
}

/// "SELECT, UPDATE (`a`), CREATE VIEW ON ": leaves the cursor behind ON.
bool privileges(Cursor& cursor, GrantLine& line) {
  std::string privilege;
  while (true) {
    cursor.skip_spaces();
    const bool ends = cursor.at("ON ");
    if (ends || cursor.at(",")) {
      if (privilege.empty()) return false;
      if (line.on_columns.count(privilege) == 0) line.privileges.insert(privilege);
      privilege.clear();
      if (ends) return cursor.take("ON ");
      (void)cursor.take(",");
      continue;
    }
    if (cursor.take("(")) {
      auto names = columns(cursor);
      if (privilege.empty() || !names) return false;
      line.on_columns[privilege] = std::move(*names);
      continue;
    }
    const auto word = cursor.word(" ,(");
    if (!word) return false;
    privilege += (privilege.empty() ? "" : " ") + *word;
  }
}

/// "*.*", "`db`.*" or "`db`.`table`"
bool object(Cursor& cursor, GrantLine& line) {
  (void)cursor.take("TABLE ");
  if (cursor.take("*.*")) return true;
  const auto db = cursor.name();
  if (!db || !cursor.take(".")) return false;
  line.db = *db;
  if (cursor.take("*")) return true;
  const auto table = cursor.name();
  if (!table) return false;
  line.table = *table;
  return true;
}

bool grantee(Cursor& cursor, GrantLine& line) {
  cursor.skip_spaces();
  if (!cursor.take(line.kind == GrantLine::Kind::revokes ? "FROM " : "TO ")) return false;
  if (cursor.take("PUBLIC")) {
    line.grantee = GrantLine::Grantee::everyone;
    return true;
  }
  // A user of no name is written as ``@`host`.
  const auto name = cursor.name();
  if (!name) return false;
  line.grantee = cursor.at("@") ? GrantLine::Grantee::user : GrantLine::Grantee::role;
  return true;
}

/// "GRANT `role` TO `user`": no privilege begins with a backtick, and none is granted without ON.
bool is_role_or_proxy(std::string_view rest) {
  return rest.starts_with('`') || rest.starts_with("PROXY ON ") ||
         rest.find(" ON ") == std::string_view::npos;
}

}  // namespace

std::optional<GrantLine> parse_grant_line(std::string_view text) {
  GrantLine line;
  Cursor cursor(text);
  if (cursor.take("SET DEFAULT ROLE ")) return line;
  const bool revokes = cursor.take("REVOKE ");
  if (!revokes && !cursor.take("GRANT ")) return std::nullopt;
  if (is_role_or_proxy(text.substr(revokes ? 7 : 6)))
    return revokes ? std::nullopt : std::optional(line);
  if (!privileges(cursor, line)) return std::nullopt;
  const bool routine = std::any_of(kNotTables.begin(), kNotTables.end(),
                                   [&](std::string_view kind) { return cursor.at(kind); });
  if (routine) return revokes ? std::nullopt : std::optional(GrantLine());
  line.kind = revokes ? GrantLine::Kind::revokes : GrantLine::Kind::grants;
  if (!object(cursor, line) || !grantee(cursor, line)) return std::nullopt;
  return line;
}

}  // namespace rowplan::mysql
