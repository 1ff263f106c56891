#include "mysql/schema.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "mysql/quote.h"

namespace rowplan::mysql {

namespace {

std::string text_of(const std::optional<std::string>& value) { return value.value_or(""); }

std::uint64_t number_of(const std::optional<std::string>& value) {
  return value ? std::stoull(*value) : 0;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
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
