#include "mysql/named_rows.h"

#include "mysql/session_handle.h"

namespace rowplan::mysql {

std::vector<NamedRow> query_named(Session& session, const std::string& sql,
                                  const std::string& doing) {
  MYSQL* mysql = session.handle().mysql;
  if (mysql == nullptr)
    throw Error(session.server(), 2006, "HY000", "the session is closed", doing);
  if (mysql_real_query(mysql, sql.data(), sql.size()) != 0) throw session.handle().error(doing);
  const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result(mysql_store_result(mysql),
                                                                        mysql_free_result);
  if (!result) {
    if (mysql_errno(mysql) != 0) throw session.handle().error(doing);
    return {};
  }
  const unsigned columns = mysql_num_fields(result.get());
  const MYSQL_FIELD* fields = mysql_fetch_fields(result.get());
  std::vector<NamedRow> rows;
  while (MYSQL_ROW row = mysql_fetch_row(result.get())) {
    const unsigned long* lengths = mysql_fetch_lengths(result.get());
    NamedRow& out = rows.emplace_back();
    for (unsigned i = 0; i < columns; ++i) {
      std::optional<std::string>& value = out[fields[i].name];
      if (row[i] != nullptr) value = std::string(row[i], lengths[i]);
    }
  }
  return rows;
}

std::optional<std::string> value_of(const NamedRow& row, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const auto found = row.find(name);
    if (found != row.end()) return found->second;
  }
  return std::nullopt;
}

}  // namespace rowplan::mysql
