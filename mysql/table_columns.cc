#include "mysql/table_columns.h"

#include <algorithm>
#include <map>

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

/// MariaDB's JSON is text with a check.
void read_json_checks(Session& session, TableBlock& block, const std::string& doing) {
  for (const TextRow& row : session.query(
           "SELECT CHECK_CLAUSE, TABLE_NAME FROM information_schema.CHECK_CONSTRAINTS WHERE " +
               block.condition("CONSTRAINT_SCHEMA", "TABLE_NAME"),
           doing)) {
    Table* const table = block.find(text_of(row[1]));
    if (table == nullptr) continue;
    for (Column& column : table->columns)
      if (text_of(row[0]) == "json_valid(" + quote_name(column.name) + ")") column.json_text = true;
  }
}

}  // namespace

void read_columns(Session& session, TableBlock& block, const std::string& doing) {
  const TextRows rows = session.query(
      "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, CHARACTER_SET_NAME,"
      " COLLATION_NAME, NUMERIC_PRECISION, NUMERIC_SCALE, DATETIME_PRECISION, EXTRA,"
      " GENERATION_EXPRESSION, COLUMN_DEFAULT, CHARACTER_MAXIMUM_LENGTH, TABLE_NAME"
      " FROM information_schema.COLUMNS WHERE " +
          block.condition("TABLE_SCHEMA", "TABLE_NAME") + " ORDER BY TABLE_NAME, ORDINAL_POSITION",
      doing);
  for (const TextRow& row : rows) {
    Table* const table = block.find(text_of(row[13]));
    if (table == nullptr) continue;
    Column column = column_from(row);
    if (column.name == "my_row_id" && column.invisible && column.auto_increment &&
        session.vendor() == Vendor::mysql) {
      table->generated_invisible_key = true;
      column.generated = true;
    }
    table->columns.push_back(std::move(column));
  }
  if (session.vendor() == Vendor::mariadb) read_json_checks(session, block, doing);
}

}  // namespace rowplan::mysql
