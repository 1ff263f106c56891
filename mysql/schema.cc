#include "mysql/schema.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <map>

#include "mysql/foreign_keys.h"
#include "mysql/quote.h"

namespace rowplan::mysql {

namespace {

std::string text_of(const std::optional<std::string>& value) { return value.value_or(""); }

std::uint64_t number_of(const std::optional<std::string>& value) {
  return value ? std::stoull(*value) : 0;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

TypeFamily family_of(const std::string& type) {
  static const std::map<std::string, TypeFamily, std::less<>> families = {
      {"tinyint", TypeFamily::integer},
      {"smallint", TypeFamily::integer},
      {"mediumint", TypeFamily::integer},
      {"int", TypeFamily::integer},
      {"bigint", TypeFamily::integer},
      {"bit", TypeFamily::bit},
      {"year", TypeFamily::year},
      {"decimal", TypeFamily::decimal},
      {"float", TypeFamily::real},
      {"double", TypeFamily::real},
      {"date", TypeFamily::date},
      {"datetime", TypeFamily::datetime},
      {"timestamp", TypeFamily::timestamp},
      {"time", TypeFamily::time},
      {"char", TypeFamily::text},
      {"varchar", TypeFamily::text},
      {"tinytext", TypeFamily::text},
      {"text", TypeFamily::text},
      {"mediumtext", TypeFamily::text},
      {"longtext", TypeFamily::text},
      {"binary", TypeFamily::bytes},
      {"varbinary", TypeFamily::bytes},
      {"tinyblob", TypeFamily::bytes},
      {"blob", TypeFamily::bytes},
      {"mediumblob", TypeFamily::bytes},
      {"longblob", TypeFamily::bytes},
      {"enum", TypeFamily::enumeration},
      {"set", TypeFamily::set},
      {"json", TypeFamily::json},
      {"vector", TypeFamily::vector},
      {"uuid", TypeFamily::plain},
      {"inet6", TypeFamily::plain},
      {"inet4", TypeFamily::plain},
      {"geometry", TypeFamily::geometry},
      {"point", TypeFamily::geometry},
      {"linestring", TypeFamily::geometry},
      {"polygon", TypeFamily::geometry},
      {"multipoint", TypeFamily::geometry},
      {"multilinestring", TypeFamily::geometry},
      {"multipolygon", TypeFamily::geometry},
      {"geomcollection", TypeFamily::geometry},
      {"geometrycollection", TypeFamily::geometry},
  };
  const auto found = families.find(type);
  return found == families.end() ? TypeFamily::unknown : found->second;
}

char unescape(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case '0':
      return '\0';
    default:
      return c;
  }
}

/// "enum('a','it''s')" -> {a, it's}. Both servers double the quote and write \\, \n, \r and \0.
std::vector<std::string> labels_of(const std::string& type) {
  std::vector<std::string> labels;
  std::size_t at = type.find('(');
  if (at == std::string::npos) return labels;
  while (++at < type.size()) {
    if (type[at] != '\'') continue;
    std::string label;
    while (++at < type.size()) {
      if (type[at] == '\'') {
        if (at + 1 >= type.size() || type[at + 1] != '\'') break;
        ++at;
      } else if (type[at] == '\\' && at + 1 < type.size()) {
        label += unescape(type[++at]);
        continue;
      }
      label += type[at];
    }
    labels.push_back(std::move(label));
  }
  return labels;
}

std::string where_table(const TableName& name, const char* schema_column,
                        const char* table_column) {
  return std::string(schema_column) + " = " + text_literal(name.db) + " AND " + table_column +
         " = " + text_literal(name.table);
}

Column column_from(const TextRow& row) {
  Column column;
  column.name = text_of(row[0]);
  column.data_type = lower(text_of(row[1]));
  column.type = text_of(row[2]);
  column.family = family_of(column.data_type);
  column.nullable = text_of(row[3]) == "YES";
  column.charset = text_of(row[4]);
  column.collation = text_of(row[5]);
  column.precision = static_cast<unsigned>(number_of(row[6]));
  column.scale = static_cast<unsigned>(number_of(row[7]));
  column.fsp = static_cast<unsigned>(number_of(row[8]));
  const std::string extra = upper(text_of(row[9]));
  const std::string expression = text_of(row[10]);
  column.generated = !expression.empty() || contains(extra, "VIRTUAL GENERATED") ||
                     contains(extra, "STORED GENERATED") || contains(extra, "PERSISTENT");
  column.invisible = contains(extra, "INVISIBLE");
  column.auto_increment = contains(extra, "AUTO_INCREMENT");
  column.on_update_now = contains(extra, "ON UPDATE");
  column.has_default = row[11].has_value() || column.nullable;
  column.default_now = contains(upper(text_of(row[11])), "CURRENT_TIMESTAMP");
  column.length = column.family == TypeFamily::bit ? column.precision : number_of(row[12]);
  column.is_unsigned = contains(lower(column.type), "unsigned") ||
                       contains(lower(column.type), "zerofill") || column.family == TypeFamily::bit;
  column.single = column.data_type == "float";
  if (column.family == TypeFamily::enumeration || column.family == TypeFamily::set)
    column.labels = labels_of(column.type);
  return column;
}

void read_columns(Session& session, Table& table, const std::string& doing) {
  const TextRows rows = session.query(
      "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, CHARACTER_SET_NAME,"
      " COLLATION_NAME, NUMERIC_PRECISION, NUMERIC_SCALE, DATETIME_PRECISION, EXTRA,"
      " GENERATION_EXPRESSION, COLUMN_DEFAULT, CHARACTER_MAXIMUM_LENGTH"
      " FROM information_schema.COLUMNS WHERE " +
          where_table(table.name, "TABLE_SCHEMA", "TABLE_NAME") + " ORDER BY ORDINAL_POSITION",
      doing);
  for (const TextRow& row : rows) {
    Column column = column_from(row);
    if (column.name == "my_row_id" && column.invisible && column.auto_increment &&
        session.vendor() == Vendor::mysql) {
      table.generated_invisible_key = true;
      column.generated = true;
    }
    table.columns.push_back(std::move(column));
  }
  if (session.vendor() != Vendor::mariadb) return;
  const TextRows checks = session.query(
      "SELECT CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS WHERE " +
          where_table(table.name, "CONSTRAINT_SCHEMA", "TABLE_NAME"),
      doing);
  for (const TextRow& row : checks)
    for (Column& column : table.columns)
      if (text_of(row[1]) == "json_valid(" + quote_name(column.name) + ")") column.json_text = true;
}

void read_indexes(Session& session, Table& table, const std::string& doing) {
  const bool mysql = session.vendor() == Vendor::mysql;
  const TextRows rows = session.query(
      std::string("SELECT INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SUB_PART, INDEX_TYPE, ") +
          (mysql ? "EXPRESSION" : "NULL") + " FROM information_schema.STATISTICS WHERE " +
          where_table(table.name, "TABLE_SCHEMA", "TABLE_NAME") +
          " ORDER BY INDEX_NAME, SEQ_IN_INDEX",
      doing);
  for (const TextRow& row : rows) {
    const std::string name = text_of(row[0]);
    if (table.indexes.empty() || table.indexes.back().name != name)
      table.indexes.push_back({name, text_of(row[1]) == "0", true, {}});
    Index& index = table.indexes.back();
    const Column* column = row[2] ? table.column(*row[2]) : nullptr;
    const std::string type = upper(text_of(row[4]));
    if (column == nullptr || column->generated || row[3].has_value() || row[5].has_value() ||
        type == "FULLTEXT" || type == "SPATIAL" || type == "RTREE")
      index.usable = false;
    index.columns.push_back(text_of(row[2]));
  }
}

void read_triggers(Session& session, Table& table, const std::string& doing) {
  const TextRows rows = session.query(
      "SELECT TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, SHA2(ACTION_STATEMENT, 256),"
      " ACTION_STATEMENT"
      " FROM information_schema.TRIGGERS WHERE " +
          where_table(table.name, "EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE") +
          " ORDER BY TRIGGER_NAME",
      doing);
  for (const TextRow& row : rows)
    table.triggers.push_back(
        {text_of(row[0]), text_of(row[1]), text_of(row[2]), text_of(row[3]), text_of(row[4])});
}

void digest(EVP_MD_CTX* context, const std::string& text) {
  const std::string sized = std::to_string(text.size()) + ":" + text;
  EVP_DigestUpdate(context, sized.data(), sized.size());
}

void digest_foreign_keys(EVP_MD_CTX* context, const std::vector<ForeignKey>& keys) {
  for (const ForeignKey& key : keys) {
    for (const std::string& part : {key.child.db, key.child.table, key.parent.db, key.parent.table,
                                    key.on_delete, key.on_update})
      digest(context, part);
    for (const std::string& part : key.child_columns) digest(context, part);
    for (const std::string& part : key.parent_columns) digest(context, part);
  }
}

}  // namespace

std::vector<std::string> checked_columns(const Table& child, const ForeignKey& key) {
  std::vector<std::string> checked = key.child_columns;
  for (const Index& index : child.indexes) {
    const bool holds_all = std::all_of(
        key.child_columns.begin(), key.child_columns.end(), [&](const std::string& name) {
          return std::any_of(index.columns.begin(), index.columns.end(),
                             [&](const std::string& own) { return lower(own) == lower(name); });
        });
    if (holds_all || index.name == "PRIMARY")
      checked.insert(checked.end(), index.columns.begin(), index.columns.end());
  }
  return checked;
}

std::string Trigger::text() const { return name + " " + timing + " " + event + " " + body_sha256; }

const Column* Table::column(std::string_view wanted) const {
  const std::string folded = lower(std::string(wanted));
  for (const Column& candidate : columns)
    if (lower(candidate.name) == folded) return &candidate;
  return nullptr;
}

bool Table::transactional() const { return engine == "InnoDB" || engine == "ROCKSDB"; }

std::optional<Table> read_table(Session& session, const TableName& name, Relations relations) {
  const std::string doing = "reading the schema of " + name.db + "." + name.table;
  const TextRows rows = session.query(
      "SELECT TABLE_TYPE, ENGINE, TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE " +
          where_table(name, "TABLE_SCHEMA", "TABLE_NAME"),
      doing);
  if (rows.empty()) return std::nullopt;
  Table table;
  table.kind = text_of(rows[0][0]);
  table.engine = text_of(rows[0][1]);
  table.name = {text_of(rows[0][2]), text_of(rows[0][3])};
  read_columns(session, table, doing);
  read_indexes(session, table, doing);
  if (relations == Relations::none) return table;
  read_foreign_keys(session, table);
  read_triggers(session, table, doing);
  return table;
}

std::vector<TableEntry> list_tables(Session& session, const std::string& db) {
  const TextRows rows = session.query(
      "SELECT TABLE_NAME, TABLE_TYPE, TABLE_ROWS FROM information_schema.TABLES"
      " WHERE TABLE_SCHEMA = " +
          text_literal(db),
      "listing the tables of " + db);
  std::vector<TableEntry> entries;
  for (const TextRow& row : rows)
    entries.push_back({{db, text_of(row[0])}, text_of(row[1]), number_of(row[2])});
  std::sort(entries.begin(), entries.end(),
            [](const TableEntry& a, const TableEntry& b) { return a.name < b.name; });
  return entries;
}

std::vector<std::string> list_databases(Session& session) {
  std::vector<std::string> names;
  for (const TextRow& row :
       session.query("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN"
                     " ('mysql','information_schema','performance_schema','sys')",
                     "listing the databases"))
    names.push_back(text_of(row[0]));
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<Routine> list_routines(Session& session) {
  std::vector<Routine> routines;
  for (const TextRow& row :
       session.query("SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_DEFINITION"
                     " FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA NOT IN"
                     " ('mysql','information_schema','performance_schema','sys')",
                     "listing the stored functions and procedures"))
    routines.push_back({text_of(row[0]), text_of(row[1]), row[2]});
  return routines;
}

std::string definition_text(Session& session, const TableName& name) {
  const std::string doing = "reading the schema of " + name.db + "." + name.table;
  std::string text = text_of(
      session.query("SHOW CREATE TABLE " + quote_table(name.db, name.table), doing).at(0).at(1));
  // ") ENGINE=InnoDB AUTO_INCREMENT=17 DEFAULT ...": on the last line, behind all columns.
  const std::string counter = " AUTO_INCREMENT=";
  const std::size_t options = text.rfind("\n)");
  const std::size_t at = text.find(counter, options == std::string::npos ? 0 : options);
  if (at != std::string::npos) {
    const std::size_t end = text.find_first_not_of("0123456789", at + counter.size());
    text.erase(at, end == std::string::npos ? end : end - at);
  }
  Table table;
  table.name = name;
  read_triggers(session, table, doing);
  for (const Trigger& trigger : table.triggers) text += "\n" + trigger.text();
  return text;
}

std::string schema_fingerprint(const Table& table) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  digest(context.get(), table.name.db);
  digest(context.get(), table.name.table);
  digest(context.get(), table.kind);
  digest(context.get(), table.engine);
  for (const Column& column : table.columns) {
    digest(context.get(), column.name);
    digest(context.get(), column.type);
    digest(context.get(), column.charset);
    digest(context.get(), column.collation);
    digest(context.get(), std::string(column.nullable ? "n" : "-") +
                              (column.generated ? "g" : "-") + (column.auto_increment ? "a" : "-") +
                              (column.on_update_now ? "u" : "-") + (column.json_text ? "j" : "-") +
                              (column.has_default ? "d" : "-"));
  }
  for (const Index& index : table.indexes) {
    digest(context.get(), index.name);
    digest(context.get(), index.unique ? "unique" : "plain");
    for (const std::string& column : index.columns) digest(context.get(), column);
  }
  digest_foreign_keys(context.get(), table.foreign_keys);
  digest_foreign_keys(context.get(), table.referenced_by);
  for (const Trigger& trigger : table.triggers) digest(context.get(), trigger.text());
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned length = 0;
  EVP_DigestFinal_ex(context.get(), bytes.data(), &length);
  return hex_lower({reinterpret_cast<const char*>(bytes.data()), length});
}

}  // namespace rowplan::mysql
