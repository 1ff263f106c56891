#include "executor/schema_watch.h"

#include "mysql/table_reader.h"
#include "planner/refusal.h"

namespace rowplan::executor {

bool SchemaWatch::is_as_planned(const std::string& address, mysql::Session& session,
                                const mysql::Table& planned, bool removes) {
  const std::string definition = mysql::definition_text(session, planned.name);
  std::string& known = definitions_[{address, session.server()}];
  // Who refers to the table matters where rows go; the rest is in its own definition.
  if (known == definition && !removes) return true;
  const auto now = mysql::read_table(session, planned.name, mysql::Relations::all);
  if (!now || mysql::schema_fingerprint(*now) != mysql::schema_fingerprint(planned)) return false;
  known = definition;
  return true;
}

void refuse_schema(const std::string& address, const std::string& server) {
  throw planner::Refusal(
      planner::RefusalReason::stale,
      address + ": the schema on '" + server + "' changed while the plan was applied",
      "plan again");
}

}  // namespace rowplan::executor
