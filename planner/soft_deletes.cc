#include "planner/soft_deletes.h"

#include "mysql/quote.h"

namespace rowplan::planner {

void judge_soft_deletes(const TablePair& pair, Findings& findings) {
  const std::string& name = pair.job.options.soft_deletes;
  if (name.empty()) return;
  const std::string shown = "'" + mysql::printable(name) + "'";
  const mysql::Column* column = pair.source.column(name);
  if (column == nullptr)
    findings.push_back({"soft_deletes_column_missing", Severity::error, pair.job.address,
                        pair.job.source + " has no column " + shown + ", which `deletes` names",
                        "correct deletes.soft"});
  else if (!column->nullable)
    findings.push_back(
        {"soft_deletes_not_null", Severity::error, pair.job.address,
         "the column " + shown + " is NOT NULL on " + pair.job.source +
             ": every row there would count as deleted",
         "name a column that is NULL in rows that are not deleted; for others there is `where`"});
}

std::string not_soft_deleted(const TablePair& pair) {
  const std::string& name = pair.job.options.soft_deletes;
  return name.empty() ? "" : mysql::quote_name(name) + " IS NULL";
}

}  // namespace rowplan::planner
