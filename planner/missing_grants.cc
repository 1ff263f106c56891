#include "planner/missing_grants.h"

#include <algorithm>

#include "mysql/quote.h"
#include "planner/refusal.h"

namespace rowplan::planner {

namespace {

constexpr std::size_t kReasonsTold = 5;

std::string joined(const std::set<std::string>& names, const char* quote) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + (quote + name) + quote;
  return text;
}

}  // namespace

void MissingGrants::add(const std::string& server, const mysql::Privileges& user,
                        const std::string& privilege, const std::string& object,
                        const std::string& why) {
  Object& entry = servers_[server][object];
  entry.account = user.account();
  entry.privileges.insert(privilege);
  const std::string reason =
      privilege + " on " + mysql::printable(object) + " of '" + server + "' (" + why + ")";
  if (std::find(reasons_.begin(), reasons_.end(), reason) == reasons_.end())
    reasons_.push_back(reason);
}

std::string MissingGrants::text() const {
  std::string text;
  for (std::size_t i = 0; i < std::min(reasons_.size(), kReasonsTold); ++i)
    text += (i == 0 ? "" : "; ") + reasons_[i];
  if (reasons_.size() > kReasonsTold)
    text += "; and " + std::to_string(reasons_.size() - kReasonsTold) + " more";
  return text;
}

std::string MissingGrants::statements() const {
  std::string text;
  for (const auto& [server, objects] : servers_) {
    text += (text.empty() ? "on '" : " on '") + server + "':";
    for (const auto& [name, object] : objects)
      text += " GRANT " + joined(object.privileges, "") + " ON " + mysql::printable(name) + " TO " +
              mysql::printable(object.account) + ";";
  }
  return text;
}

void MissingGrants::refuse() const {
  if (empty()) return;
  std::string hint = statements();
  if (!waivers_.empty()) hint += " or say what is so: assume = [" + joined(waivers_, "\"") + "]";
  throw Refusal(RefusalReason::access, "privileges are missing: " + text(), hint);
}

std::string database_object(const mysql::Privileges& user, const std::string& db) {
  return mysql::quote_name(user.database_pattern(db)) + ".*";
}

std::string table_object(const mysql::TableName& table) {
  return mysql::quote_table(table.db, table.table);
}

}  // namespace rowplan::planner
