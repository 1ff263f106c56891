// Tables of one database, read with the same questions.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "mysql/quote.h"
#include "mysql/schema.h"

namespace rowplan::mysql {

struct TableBlock {
  std::string db;  ///< as it is asked for
  std::vector<Table> tables;
  bool names_fold = false;  ///< does the server take names that differ in case for the same?

  /// SQL: is a row of information_schema, by these columns of it, about one of the tables? It may
  /// be about others too, since some servers compare there without case: find() tells.
  [[nodiscard]] std::string condition(const std::string& schema_column,
                                      const std::string& table_column) const {
    std::string names;
    for (const Table& table : tables)
      names += (names.empty() ? "" : ",") + text_literal(table.name.table);
    return schema_column + " = " + text_literal(db) + " AND " + table_column + " IN (" + names +
           ")";
  }

  /// nullptr: none of these.
  [[nodiscard]] Table* find(const std::string& name) {
    const auto found = std::find_if(tables.begin(), tables.end(), [&](const Table& table) {
      return same_name(table.name.table, name);
    });
    return found == tables.end() ? nullptr : &*found;
  }

  [[nodiscard]] bool same_name(const std::string& a, const std::string& b) const {
    const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return a == b || (names_fold && std::equal(a.begin(), a.end(), b.begin(), b.end(),
                                               [&](char x, char y) { return fold(x) == fold(y); }));
  }
};

}  // namespace rowplan::mysql
