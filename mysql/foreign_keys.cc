#include "mysql/foreign_keys.h"

#include <algorithm>

#include "mysql/quote.h"

namespace rowplan::mysql {

namespace {

std::string text_of(const std::optional<std::string>& value) { return value.value_or(""); }

const char* rule(std::uint64_t flags, unsigned cascade, unsigned set_null, unsigned no_action) {
  if ((flags & cascade) != 0) return "CASCADE";
  if ((flags & set_null) != 0) return "SET NULL";
  return (flags & no_action) != 0 ? "NO ACTION" : "RESTRICT";
}

/// Puts rows of (name, child's schema, table, column, parent's ..., rules), in order, together.
std::vector<ForeignKey> keys_of(const TextRows& rows) {
  std::vector<ForeignKey> keys;
  for (const TextRow& row : rows) {
    const TableName child{text_of(row[1]), text_of(row[2])};
    if (keys.empty() || keys.back().name != text_of(row[0]) || keys.back().child != child)
      keys.push_back({text_of(row[0]),
                      child,
                      {},
                      {text_of(row[4]), text_of(row[5])},
                      {},
                      text_of(row[7]),
                      text_of(row[8])});
    keys.back().child_columns.push_back(text_of(row[3]));
    keys.back().parent_columns.push_back(text_of(row[6]));
  }
  return keys;
}

/// What information_schema shows. MariaDB tells the rule of some keys only that it shows (none, to
/// a user who may do no more than SELECT), so the rule must not decide whether there is a key.
std::vector<ForeignKey> shown_keys(Session& session, const std::string& where,
                                   const std::string& doing) {
  const std::string unknown = text_literal(kUnknownRule);
  return keys_of(session.query(
      "SELECT k.CONSTRAINT_NAME, k.TABLE_SCHEMA, k.TABLE_NAME, k.COLUMN_NAME,"
      " k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME,"
      " COALESCE(r.DELETE_RULE, " +
          unknown + "), COALESCE(r.UPDATE_RULE, " + unknown +
          ") FROM information_schema.KEY_COLUMN_USAGE k"
          " LEFT JOIN information_schema.REFERENTIAL_CONSTRAINTS r"
          " ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME"
          " AND r.TABLE_NAME = k.TABLE_NAME WHERE k.REFERENCED_TABLE_NAME IS NOT NULL AND " +
          where + " ORDER BY k.TABLE_SCHEMA, k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION",
      doing));
}

/// SQL of the part of an InnoDB name ("schema/table") before or behind its slash. MariaDB writes
/// both as names of files, so that a slash in a name is none; MySQL writes them as they are.
std::string name_part(Vendor vendor, const std::string& column, bool schema) {
  const std::string part =
      schema ? "SUBSTRING_INDEX(" + column + ",'/',1)"
             : "SUBSTRING(" + column + ",LENGTH(SUBSTRING_INDEX(" + column + ",'/',1))+2)";
  // SUBSTRING counts characters, LENGTH bytes: as bytes they agree.
  if (vendor == Vendor::mysql) return "CONVERT(" + part + " USING utf8mb4)";
  return "CONVERT(CONVERT(" + part + " USING filename) USING utf8mb4)";
}

std::string innodb_name(Vendor vendor, const TableName& name) {
  const auto part = [&](const std::string& text) {
    return vendor == Vendor::mysql
               ? "CONVERT(" + text_literal(text) + " USING binary)"
               : "CONVERT(CONVERT(" + text_literal(text) + " USING filename) USING binary)";
  };
  return "CONCAT(" + part(name.db) + ",'/'," + part(name.table) + ")";
}

/// InnoDB's own list, to be read with PROCESS alone. nullopt: this user has it not.
std::optional<std::vector<ForeignKey>> listed_keys(Session& session, const TableBlock& block,
                                                   bool as_parent, const std::string& doing) {
  const Vendor vendor = session.vendor();
  const std::string prefix =
      std::string("information_schema.INNODB_") + (vendor == Vendor::mysql ? "" : "SYS_");
  const auto bytes = [](const std::string& column) {
    return "CONVERT(" + column + " USING binary)";
  };
  const auto names = [&](const std::string& column) {
    return name_part(vendor, bytes(column), true) + ", " + name_part(vendor, bytes(column), false);
  };
  std::string tables;
  for (const Table& table : block.tables)
    tables += (tables.empty() ? "" : ",") + innodb_name(vendor, table.name);
  // The second part of a key's ID is its name, as it is on both.
  const std::string sql =
      "SELECT " + name_part(Vendor::mysql, bytes("f.ID"), false) + ", " + names("f.FOR_NAME") +
      ", c.FOR_COL_NAME, " + names("f.REF_NAME") + ", c.REF_COL_NAME, f.TYPE, f.TYPE FROM " +
      prefix + "FOREIGN f JOIN " + prefix + "FOREIGN_COLS c ON " + bytes("c.ID") + "=" +
      bytes("f.ID") + " WHERE " + bytes(as_parent ? "f.REF_NAME" : "f.FOR_NAME") + " IN (" +
      tables + ") ORDER BY " + bytes("f.FOR_NAME") + ", " + bytes("f.ID") + ", c.POS";
  try {
    TextRows rows = session.query(sql, doing);
    for (TextRow& row : rows) {
      const std::uint64_t flags = std::stoull(text_of(row[7]));
      row[7] = delete_rule(flags);
      row[8] = update_rule(flags);
    }
    return keys_of(rows);
  } catch (const Error& error) {
    if (error.is_privilege()) return std::nullopt;
    throw;
  }
}

std::string slashed(const std::string& db, const std::string& name) { return db + "/" + name; }

/// Adds those of `listed` that `keys` has not, and rules that it does not know. MySQL's list does
/// not tell where a schema's name ends if it has a slash, so names are compared whole.
void merge(std::vector<ForeignKey>& keys, const std::vector<ForeignKey>& listed) {
  for (const ForeignKey& key : listed) {
    const auto same = std::find_if(keys.begin(), keys.end(), [&](const ForeignKey& known) {
      return slashed(known.child.db, known.child.table) == slashed(key.child.db, key.child.table) &&
             slashed(known.child.db, known.name) == slashed(key.child.db, key.name);
    });
    if (same == keys.end()) {
      keys.push_back(key);
      continue;
    }
    same->on_delete = key.on_delete;
    same->on_update = key.on_update;
  }
  std::sort(keys.begin(), keys.end(), [](const ForeignKey& a, const ForeignKey& b) {
    return std::tie(a.child, a.name) < std::tie(b.child, b.name);
  });
}

/// MySQL's list does not tell a schema's name from a table's where one has a slash.
bool is_table(const TableBlock& block, const TableName& name, const Table& table) {
  return block.same_name(slashed(name.db, name.table), slashed(table.name.db, table.name.table));
}

template <typename Predicate>
std::vector<ForeignKey> those(const std::vector<ForeignKey>& keys, const Predicate& wanted) {
  std::vector<ForeignKey> found;
  std::copy_if(keys.begin(), keys.end(), std::back_inserter(found), wanted);
  return found;
}

}  // namespace

std::string delete_rule(std::uint64_t flags) { return rule(flags, 1, 2, 16); }
std::string update_rule(std::uint64_t flags) { return rule(flags, 4, 8, 32); }

void read_foreign_keys(Session& session, TableBlock& block, const std::string& doing) {
  const auto own = listed_keys(session, block, false, doing);
  const auto others = listed_keys(session, block, true, doing);
  const bool listed = own && others;
  std::vector<ForeignKey> shown_own;
  std::vector<ForeignKey> shown_others;
  // MariaDB's information_schema opens every table of the server to answer this; its list does not.
  if (!listed || session.vendor() == Vendor::mysql) {
    const auto shown = [&](const std::string& prefix) {
      return shown_keys(
          session, block.condition("k." + prefix + "TABLE_SCHEMA", "k." + prefix + "TABLE_NAME"),
          doing);
    };
    shown_own = shown("");
    shown_others = shown("REFERENCED_");
  }
  for (Table& table : block.tables) {
    table.foreign_keys_listed = listed;
    const auto is_child = [&](const ForeignKey& key) { return is_table(block, key.child, table); };
    const auto is_parent = [&](const ForeignKey& key) {
      return is_table(block, key.parent, table);
    };
    table.foreign_keys = those(shown_own, is_child);
    table.referenced_by = those(shown_others, is_parent);
    if (!listed) continue;
    merge(table.foreign_keys, those(*own, is_child));
    merge(table.referenced_by, those(*others, is_parent));
  }
}

}  // namespace rowplan::mysql
