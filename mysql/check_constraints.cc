#include "mysql/check_constraints.h"

#include "mysql/quote.h"

namespace rowplan::mysql {

std::set<std::string> read_check_constraints(Session& session, const TableName& name) {
  const std::string where = ".TABLE_NAME = " + text_literal(name.table) +
                            " AND c.CONSTRAINT_SCHEMA = " + text_literal(name.db);
  const std::string sql =
      session.vendor() == Vendor::mysql
          ? "SELECT c.CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS c JOIN"
            " information_schema.TABLE_CONSTRAINTS t ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA"
            " AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME WHERE t.ENFORCED = 'YES' AND t" +
                where
          : "SELECT c.CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS c WHERE c" + where;
  std::set<std::string> conditions;
  for (const TextRow& row : session.query(sql, "reading the CHECK constraints of a table"))
    conditions.insert(row.at(0).value_or(""));
  return conditions;
}

}  // namespace rowplan::mysql
