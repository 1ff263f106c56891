// What users lack, gathered so that one refusal tells all of it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "mysql/privileges.h"

namespace rowplan::planner {

class MissingGrants {
 public:
  /// `object`: "*.*", or of on_database, on_table. `why`: what it is needed for, as in "to see the
  /// triggers of shop.orders".
  void add(const std::string& server, const mysql::Privileges& user, const std::string& privilege,
           const std::string& object, const std::string& why);
  /// What may be put into `assume` instead.
  void waivable(const std::string& assumption) { waivers_.insert(assumption); }

  [[nodiscard]] bool empty() const { return servers_.empty(); }
  /// "'dw' lacks TRIGGER on `shop`.`orders` (why); ..."
  [[nodiscard]] std::string text() const;
  /// "on 'dw': GRANT ... ; GRANT ...;", ready to be run there by somebody who may.
  [[nodiscard]] std::string statements() const;
  /// Throws Refusal{access}, unless nothing is missing.
  void refuse() const;

 private:
  struct Object {
    std::string account;
    std::set<std::string> privileges;
  };
  std::map<std::string, std::map<std::string, Object>> servers_;
  std::vector<std::string> reasons_;
  std::set<std::string> waivers_;
};

/// As GRANT names them.
[[nodiscard]] std::string database_object(const mysql::Privileges& user, const std::string& db);
[[nodiscard]] std::string table_object(const mysql::TableName& table);

}  // namespace rowplan::planner
