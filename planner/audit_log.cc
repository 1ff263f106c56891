#include "planner/audit_log.h"

#include <algorithm>
#include <set>

#include "mysql/quote.h"
#include "mysql/row_stream.h"
#include "planner/address.h"

namespace rowplan::planner {

namespace {

using mysql::Column;
using mysql::TypeFamily;

constexpr const char* kTextChars = "255";  // a log's text may be of any length
constexpr const char* kNone = "CAST(NULL AS CHAR)";

bool is_number(const Column& column) {
  switch (column.family) {
    case TypeFamily::integer:
    case TypeFamily::bit:
    case TypeFamily::year:
    case TypeFamily::decimal:
    case TypeFamily::real:
      return true;
    default:
      return false;
  }
}

bool looks_like_number(const std::string& text) {
  const std::size_t digits = text.starts_with('-') ? 1 : 0;
  return text.size() > digits && text.size() < 66 &&
         text.find_first_not_of("0123456789.", digits) == std::string::npos &&
         std::count(text.begin(), text.end(), '.') <= 1 && text != "." && text != "-.";
}

/// As UTF-8, or as bytes: a conversion of bytes that are none would fail.
std::string text_of(const Column& column) {
  std::string name = mysql::quote_name(column.name);
  if (column.family == TypeFamily::bytes) return name;
  return "CAST(" + name + " AS CHAR CHARACTER SET utf8mb4)";
}

std::string shown_of(const std::optional<Column>& column) {
  return column ? "LEFT(" + text_of(*column) + "," + kTextChars + ")" : kNone;
}

std::string list_of(const std::vector<std::string>& values) {
  std::string list;
  for (const std::string& value : values) list += (list.empty() ? "" : ",") + value;
  return list;
}

/// Literals that the key's column compares by its own rules, and its index.
std::vector<std::string> literals_of(const Column& key, const std::vector<std::string>& keys) {
  std::vector<std::string> literals;
  for (const std::string& text : keys) {
    if (!is_number(key)) {
      literals.push_back(mysql::text_literal(text));
    } else if (looks_like_number(text)) {
      literals.push_back(text);
    }
  }
  return literals;
}

std::vector<std::string> names_of(const mysql::TableName& table) {
  return {table.table, table.db + "." + table.table};
}

std::string utf8_of(const std::string& text) {
  return mysql::is_utf8(text) ? text : mysql::printable(text);
}

std::optional<std::string> cell_text(const mysql::Row& row, std::size_t column) {
  if (row.is_null(column)) return std::nullopt;
  return std::string(row.cell(column));
}

/// Is there an index by which entries of a key are found?
bool has_index(const mysql::Table& found, const AuditLog& log) {
  return std::any_of(found.indexes.begin(), found.indexes.end(), [&](const mysql::Index& index) {
    if (!index.usable || index.columns.empty()) return false;
    const bool by_table = log.table && index.columns.size() > 1 &&
                          index.columns[0] == log.table->name && index.columns[1] == log.key.name;
    return by_table || index.columns[0] == log.key.name;
  });
}

}  // namespace

mysql::TableName audit_log_name(const AuditSpec& spec, const mysql::TableName& of) {
  return {spec.db.empty() ? of.db : spec.db, spec.table};
}

std::optional<AuditLog> make_audit_log(const AuditSpec& spec, const mysql::TableName& of,
                                       const mysql::Table* found, const std::string& address,
                                       const std::string& server, Findings& findings) {
  AuditLog log;
  log.name = audit_log_name(spec, of);
  log.of = of;
  const std::string where = encode_table(log.name) + " on '" + server + "'";
  if (found == nullptr) {
    findings.push_back({"audit_missing", Severity::error, address,
                        "there is no change log " + where + ", which `audit` names",
                        "create it, or correct audit.table"});
    return std::nullopt;
  }
  bool all = true;
  const auto column = [&](const std::string& name) -> std::optional<Column> {
    if (name.empty()) return std::nullopt;
    if (const Column* const there = found->column(name)) return *there;
    all = false;
    findings.push_back({"audit_column_missing", Severity::error, address,
                        "the change log " + where + " has no column '" + mysql::printable(name) +
                            "', which `audit` names",
                        "correct its name"});
    return std::nullopt;
  };
  const auto key = column(spec.key_column);
  const auto time = column(spec.time_column);
  log.table = column(spec.table_column);
  log.user = column(spec.user_column);
  log.site = column(spec.site_column);
  log.type = column(spec.type_column);
  if (!all) return std::nullopt;
  log.key = *key;
  log.time = *time;
  for (const Column& each : found->columns)
    if (each.auto_increment) log.number = each;
  if (found->kind == "BASE TABLE" && !has_index(*found, log))
    findings.push_back({"audit_no_index", Severity::info, address,
                        "no index of the change log " + where + " begins with its key_column",
                        "create one: each question about conflicts reads the whole log"});
  return log;
}

std::string select_entries(const AuditLog& log, const std::vector<std::string>& keys) {
  const std::vector<std::string> literals = literals_of(log.key, keys);
  if (literals.empty()) return "";
  const std::string time = mysql::quote_name(log.time.name);
  std::string sql =
      "SELECT " + text_of(log.key) + "," + (log.table ? text_of(*log.table) : std::string(kNone)) +
      "," + shown_of(log.user) + "," + shown_of(log.time) + "," + shown_of(log.type) + "," +
      shown_of(log.site) + " FROM " + mysql::quote_table(log.name.db, log.name.table) + " WHERE " +
      mysql::quote_name(log.key.name) + " IN (" + list_of(literals) + ")";
  if (log.table) {
    std::vector<std::string> names;
    for (const std::string& name : names_of(log.of)) names.push_back(mysql::text_literal(name));
    sql += " AND " + mysql::quote_name(log.table->name) + " IN (" + list_of(names) + ")";
  }
  // By all that is told, so that two plans of the same log tell the same.
  return sql + " ORDER BY " + time +
         (log.number ? "," + mysql::quote_name(log.number->name) : std::string(",5,3,6"));
}

std::map<std::string, AuditEntry> newest_entries(mysql::Session& session, const AuditLog& log,
                                                 const std::vector<std::string>& keys) {
  std::map<std::string, std::optional<AuditEntry>> newest;
  const std::string sql = select_entries(log, keys);
  if (sql.empty()) return {};
  std::vector<mysql::ReadColumn> columns(6);
  for (mysql::ReadColumn& column : columns) column.type.kind = mysql::CellKind::text;
  const std::set<std::string> asked(keys.begin(), keys.end());
  const std::vector<std::string> names = names_of(log.of);
  mysql::RowStream rows(session, sql, columns, "reading the change log " + encode_table(log.name));
  mysql::Row row;
  while (rows.next(row)) {
    // What the column takes for equal need not be the same key.
    const auto key = cell_text(row, 0);
    if (!key || asked.count(*key) == 0) continue;
    if (log.table &&
        std::find(names.begin(), names.end(), cell_text(row, 1).value_or("")) == names.end())
      continue;
    const auto told = [&](std::size_t column) {
      auto text = cell_text(row, column);
      if (text) text = utf8_of(*text);
      return text;
    };
    take_newer(newest[*key], {told(2), told(3), told(4), told(5), false}, log.number.has_value());
  }
  std::map<std::string, AuditEntry> entries;
  for (auto& [key, entry] : newest) entries.emplace(key, std::move(*entry));
  return entries;
}

}  // namespace rowplan::planner
