// What a table looks like on one server, read from information_schema.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mysql/session.h"

namespace rowplan::mysql {

/// A table by name, unquoted, as the server spells it.
struct TableName {
  std::string db;
  std::string table;

  friend bool operator==(const TableName&, const TableName&) = default;
  friend auto operator<=>(const TableName&, const TableName&) = default;
};

/// Families of column types: what decides how a value is read, compared and written.
enum class TypeFamily : std::uint8_t {
  integer,  ///< TINYINT to BIGINT, signed or not
  bit,
  year,
  decimal,
  real,  ///< FLOAT, DOUBLE
  date,
  datetime,
  timestamp,
  time,
  text,   ///< CHAR, VARCHAR, TEXT with a character set
  bytes,  ///< BINARY, VARBINARY, BLOB
  enumeration,
  set,
  json,  ///< MySQL's binary JSON; MariaDB's is text with a check
  geometry,
  vector,
  plain,  ///< types with a canonical ASCII text: MariaDB's UUID, INET4, INET6
  unknown,
};

struct Column {
  std::string name;
  std::string type;       ///< as the server writes it: "bigint(20) unsigned", "enum('a','b')"
  std::string data_type;  ///< "bigint", "enum", ...
  TypeFamily family = TypeFamily::unknown;
  bool nullable = true;
  bool is_unsigned = false;
  bool single = false;       ///< FLOAT
  std::uint64_t length = 0;  ///< characters of text, bytes of BINARY, bits of BIT
  unsigned precision = 0;    ///< DECIMAL
  unsigned scale = 0;        ///< DECIMAL
  unsigned fsp = 0;          ///< fractional seconds
  std::string charset;       ///< of text, ENUM, SET
  std::string collation;
  std::vector<std::string> labels;  ///< of ENUM and SET, UTF-8, in order
  bool generated = false;           ///< GENERATED ALWAYS, ROW START, ROW END
  bool invisible = false;
  bool auto_increment = false;
  bool on_update_now = false;
  bool has_default = false;
  bool default_now = false;  ///< DEFAULT CURRENT_TIMESTAMP
  bool json_text = false;    ///< MariaDB's JSON: a LONGTEXT with CHECK (json_valid(column))
};

struct Index {
  std::string name;
  bool unique = false;
  bool usable = true;  ///< no prefix, expression or generated part, not FULLTEXT or SPATIAL
  std::vector<std::string> columns;
};

struct ForeignKey {
  std::string name;
  TableName child;
  std::vector<std::string> child_columns;
  TableName parent;
  std::vector<std::string> parent_columns;
  std::string on_delete;  ///< CASCADE, SET NULL, RESTRICT, NO ACTION, SET DEFAULT
  std::string on_update;
};

struct Trigger {
  std::string name;
  std::string timing;       ///< BEFORE, AFTER
  std::string event;        ///< INSERT, UPDATE, DELETE
  std::string body_sha256;  ///< hex
  std::string body;         ///< as the server keeps it

  /// All that tells it from another, but for its body, which stands as its digest.
  [[nodiscard]] std::string text() const;
};

struct Table {
  TableName name;
  std::string kind;             ///< BASE TABLE, VIEW, SEQUENCE, SYSTEM VERSIONED, ...
  std::string engine;           ///< empty for a view
  std::vector<Column> columns;  ///< in order; generated ones included
  std::vector<Index> indexes;
  std::vector<ForeignKey> foreign_keys;   ///< of this table
  std::vector<ForeignKey> referenced_by;  ///< of all tables that refer to it, in any schema
  /// Both lists come from InnoDB's own and are whole; else what this user sees may be a part.
  bool foreign_keys_listed = false;
  std::vector<Trigger> triggers;         ///< by name
  bool generated_invisible_key = false;  ///< MySQL's my_row_id: its values differ per server

  [[nodiscard]] const Column* column(std::string_view name) const;  ///< names fold ASCII case
  [[nodiscard]] bool transactional() const;
};

/// Columns of `child` whose change makes InnoDB look for the parent again: the foreign key's own,
/// and those of each index that holds them all, whose entry is written anew; so does a change of
/// the primary key. (MariaDB 10.11: an UPDATE of b alone under KEY (a, b), a without its parent:
/// 1452.)
[[nodiscard]] std::vector<std::string> checked_columns(const Table& child, const ForeignKey& key);

/// Names and kinds of all tables of a database, sorted bytewise. `kind` as in Table.
struct TableEntry {
  TableName name;
  std::string kind;
  std::uint64_t rows_estimate = 0;  ///< the server's guess, off by half at times
};
[[nodiscard]] std::vector<TableEntry> list_tables(Session& session, const std::string& db);

/// Databases that a glob may match: all but the servers' own.
[[nodiscard]] std::vector<std::string> list_databases(Session& session);

/// A stored function or procedure.
struct Routine {
  std::string db;
  std::string name;
  std::optional<std::string> body;  ///< nullopt: this user may not see it
};
/// All that this user may know of.
[[nodiscard]] std::vector<Routine> list_routines(Session& session);

/// SHA-256 over everything in Table that decides what may be read or written, in hex. Two servers
/// of two vendors print types differently; the fingerprint is for one server over time.
[[nodiscard]] std::string schema_fingerprint(const Table& table);

}  // namespace rowplan::mysql
