#include "mysql/table_reader.h"

#include <algorithm>
#include <set>

#include "mysql/foreign_keys.h"
#include "mysql/quote.h"
#include "mysql/table_block.h"
#include "mysql/table_columns.h"

namespace rowplan::mysql {

namespace {

// Short questions keep a server's optimizer quick, and its answer is held in memory.
constexpr std::size_t kTablesAtOnce = 200;

std::string text_of(const std::optional<std::string>& value) { return value.value_or(""); }

void read_indexes(Session& session, TableBlock& block, const std::string& doing) {
  const bool mysql = session.vendor() == Vendor::mysql;
  const TextRows rows = session.query(
      std::string("SELECT INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SUB_PART, UPPER(INDEX_TYPE), ") +
          (mysql ? "EXPRESSION" : "NULL") +
          ", TABLE_NAME FROM information_schema.STATISTICS WHERE " +
          block.condition("TABLE_SCHEMA", "TABLE_NAME") +
          " ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX",
      doing);
  for (const TextRow& row : rows) {
    Table* const table = block.find(text_of(row[6]));
    if (table == nullptr) continue;
    const std::string name = text_of(row[0]);
    if (table->indexes.empty() || table->indexes.back().name != name)
      table->indexes.push_back({name, text_of(row[1]) == "0", true, {}});
    Index& index = table->indexes.back();
    const Column* column = row[2] ? table->column(*row[2]) : nullptr;
    const std::string type = text_of(row[4]);
    if (column == nullptr || column->generated || row[3].has_value() || row[5].has_value() ||
        type == "FULLTEXT" || type == "SPATIAL" || type == "RTREE")
      index.usable = false;
    index.columns.push_back(text_of(row[2]));
  }
}

void read_triggers(Session& session, TableBlock& block, const std::string& doing) {
  const TextRows rows = session.query(
      "SELECT TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, SHA2(ACTION_STATEMENT, 256),"
      " ACTION_STATEMENT, EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS WHERE " +
          block.condition("EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE") + " ORDER BY TRIGGER_NAME",
      doing);
  for (const TextRow& row : rows)
    if (Table* const table = block.find(text_of(row[5])))
      table->triggers.push_back(
          {text_of(row[0]), text_of(row[1]), text_of(row[2]), text_of(row[3]), text_of(row[4])});
}

/// Which of the asked tables there are, as the server spells them.
TableBlock find_tables(Session& session, TableBlock asked, const std::string& doing) {
  const TextRows rows = session.query(
      "SELECT TABLE_TYPE, ENGINE, TABLE_SCHEMA, TABLE_NAME,"
      " @@lower_case_table_names FROM information_schema.TABLES WHERE " +
          asked.condition("TABLE_SCHEMA", "TABLE_NAME"),
      doing);
  TableBlock found{asked.db, {}, false};
  for (const TextRow& row : rows) {
    asked.names_fold = found.names_fold = text_of(row[4]) != "0";
    // Of one table the server itself says whether it is meant.
    if (asked.tables.size() > 1 && asked.find(text_of(row[3])) == nullptr) continue;
    Table table;
    table.kind = text_of(row[0]);
    table.engine = text_of(row[1]);
    table.name = {text_of(row[2]), text_of(row[3])};
    found.tables.push_back(std::move(table));
  }
  return found;
}

TableBlock read_block(Session& session, const std::string& db,
                      const std::vector<std::string>& names, Relations relations) {
  const std::string doing = "reading the schema of " + db + "." + names.front() +
                            (names.size() > 1 ? " and other tables" : "");
  TableBlock asked{db, {}, false};
  for (const std::string& name : names) {
    asked.tables.emplace_back();
    asked.tables.back().name = {db, name};
  }
  TableBlock block = find_tables(session, std::move(asked), doing);
  if (block.tables.empty()) return block;
  block.db = block.tables.front().name.db;
  read_columns(session, block, doing);
  read_indexes(session, block, doing);
  if (relations == Relations::none) return block;
  read_foreign_keys(session, block, doing);
  read_triggers(session, block, doing);
  return block;
}

}  // namespace

std::optional<Table> read_table(Session& session, const TableName& name, Relations relations) {
  TableBlock block = read_block(session, name.db, {name.table}, relations);
  if (block.tables.empty()) return std::nullopt;
  return std::move(block.tables.front());
}

std::map<TableName, Table> read_tables(Session& session, const std::vector<TableName>& names,
                                       Relations relations) {
  std::map<std::string, std::set<std::string>> databases;
  for (const TableName& name : names) databases[name.db].insert(name.table);
  std::map<TableName, Table> tables;
  for (const auto& [db, all] : databases) {
    auto next = all.begin();
    while (next != all.end()) {
      std::vector<std::string> some;
      while (next != all.end() && some.size() < kTablesAtOnce) some.push_back(*next++);
      TableBlock block = read_block(session, db, some, relations);
      for (const std::string& name : some)
        if (const Table* const table = block.find(name))
          tables.emplace(TableName{db, name}, *table);
    }
  }
  // A name that this comparison does not find may still be one that the server takes for it.
  for (const TableName& name : names) {
    if (tables.count(name) > 0) continue;
    if (auto table = read_table(session, name, relations)) tables.emplace(name, std::move(*table));
  }
  return tables;
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
  TableBlock block{name.db, {Table{}}, true};
  block.tables[0].name = name;
  read_triggers(session, block, doing);
  for (const Trigger& trigger : block.tables[0].triggers) text += "\n" + trigger.text();
  return text;
}

}  // namespace rowplan::mysql
