#include "planner/sight.h"

#include <algorithm>

#include "mysql/foreign_keys.h"
#include "mysql/quote.h"
#include "planner/roles.h"

namespace rowplan::planner {

namespace {

using mysql::ForeignKey;

class Relations {
 public:
  Relations(const PairSpec& pair, const std::string& server, const std::string& address,
            const mysql::Table& table, const mysql::Privileges& user, Findings& findings,
            MissingGrants& missing)
      : pair_(pair),
        server_(server),
        address_(address),
        table_(table),
        user_(user),
        findings_(findings),
        missing_(missing) {}

  void need_triggers() {
    if (user_.on_table("TRIGGER", table_.name)) return;
    if (waived(Assumption::no_triggers, "assumed_no_triggers",
               "the table on '" + server_ +
                   "' is taken to have no triggers; this user cannot see them"))
      return;
    missing_.add(server_, user_, "TRIGGER", table_object(table_.name), "to see its triggers");
  }

  void need_children() {
    if (table_.foreign_keys_listed || (user_.sees_every_table() && all_rules_known())) return;
    if (waived(Assumption::no_foreign_children, "assumed_no_foreign_children",
               "no table that this user cannot see is taken to refer to that on '" + server_ + "'"))
      return;
    missing_.add(server_, user_, "PROCESS", "*.*",
                 "to see all tables that refer to " + encode_table(table_.name));
  }

  /// Rows that refer to a row, or that it refers to, decide whether it may be written.
  void need_rows_of_relatives() {
    for (const ForeignKey& key : table_.referenced_by)
      need_rows(key.child, key.child_columns, key, "refers to");
    for (const ForeignKey& key : table_.foreign_keys)
      need_rows(key.parent, key.parent_columns, key, "is referred to by");
  }

 private:
  void need_rows(const mysql::TableName& table, const std::vector<std::string>& columns,
                 const ForeignKey& key, const char* how) {
    if (user_.on_columns("SELECT", table, columns)) return;
    missing_.add(server_, user_, "SELECT", table_object(table),
                 std::string("it ") + how + " " + encode_table(table_.name) + " by '" +
                     mysql::printable(key.name) + "'");
  }

  [[nodiscard]] bool all_rules_known() const {
    const auto known = [](const ForeignKey& key) { return key.on_delete != mysql::kUnknownRule; };
    return std::all_of(table_.foreign_keys.begin(), table_.foreign_keys.end(), known) &&
           std::all_of(table_.referenced_by.begin(), table_.referenced_by.end(), known);
  }

  bool waived(Assumption assumption, const char* code, const std::string& message) {
    if (!assumes(pair_, assumption)) {
      missing_.waivable(assumption_name(assumption));
      return false;
    }
    findings_.push_back({code, Severity::warning, address_, message, ""});
    return true;
  }

  const PairSpec& pair_;
  const std::string& server_;
  const std::string& address_;
  const mysql::Table& table_;
  const mysql::Privileges& user_;
  Findings& findings_;
  MissingGrants& missing_;
};

}  // namespace

bool need_table_seen(const std::string& server, const mysql::Privileges& user,
                     const mysql::TableName& table, MissingGrants& missing) {
  if (user.on_table("SELECT", table)) return true;
  missing.add(server, user, "SELECT", table_object(table), "to read it, with all of its columns");
  return false;
}

void need_relations_seen(const PairSpec& pair, const std::string& server,
                         const std::string& address, const mysql::Table& table,
                         const mysql::Privileges& user, Findings& findings,
                         MissingGrants& missing) {
  Relations relations(pair, server, address, table, user, findings, missing);
  relations.need_triggers();
  relations.need_children();
  relations.need_rows_of_relatives();
}

}  // namespace rowplan::planner
