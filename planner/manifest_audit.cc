#include "planner/manifest_audit.h"

#include <utility>

#include "planner/address.h"
#include "planner/did_you_mean.h"

namespace rowplan::planner {

namespace {

void read_log(const ManifestSection& section, AuditSpec& audit) {
  const auto text = section.text("table");
  if (!text) return;
  audit.db.clear();
  audit.table.clear();
  if (text->find('.') == std::string::npos) {
    audit.table = decode_name(*text).value_or("");
  } else if (const auto name = parse_table(*text)) {
    audit.db = name->db;
    audit.table = name->table;
  }
  if (!audit.table.empty()) return;
  audit.table = *text;  // so that nothing else is said of it
  section.report().error(section.value_span("table"),
                         "\"table\" is not the name of a table: " + in_quotes(*text),
                         "write it as \"table\" or \"db.table\"; other bytes than letters, digits, "
                         "_, $ and - as %XX");
}

}  // namespace

void read_audit(const ManifestSection& section, std::optional<AuditSpec>& audit) {
  const auto found = section.section("audit", kAudit);
  if (!found) return;
  if (!audit) audit.emplace();
  read_log(*found, *audit);
  const auto read = [&](const char* key, std::string& column) {
    if (auto text = found->text(key)) column = std::move(*text);
  };
  read("key_column", audit->key_column);
  read("time_column", audit->time_column);
  read("table_column", audit->table_column);
  read("user_column", audit->user_column);
  read("site_column", audit->site_column);
  read("type_column", audit->type_column);
}

void check_audit(const ManifestSection& section, const std::optional<AuditSpec>& audit) {
  if (!audit) return;
  const auto need = [&](const char* key, const std::string& value, const char* why) {
    if (value.empty())
      section.report().error(section.key_span("audit"),
                             section.title() + ": \"audit\" has no " + in_quotes(key), why);
  };
  need("table", audit->table, "name the application's change log");
  need("key_column", audit->key_column, "name the log's column that holds the key of a row");
  need("time_column", audit->time_column,
       "name the log's column by which its newest entry is found");
}

}  // namespace rowplan::planner
