// Does a table still have the schema with which it was planned?
#pragma once

#include <map>
#include <string>
#include <utility>

#include "mysql/schema.h"
#include "mysql/session.h"

namespace rowplan::executor {

/// Asks as little as it may: what was seen once is compared by its text.
class SchemaWatch {
 public:
  /// Rows of the table are locked on `session`, so it is too: what its schema is now, it is at
  /// COMMIT. `removes`: rows go, so who refers to the table matters too. Throws mysql::Error.
  [[nodiscard]] bool is_as_planned(const std::string& address, mysql::Session& session,
                                   const mysql::Table& planned, bool removes);

 private:
  // By address and server, as when all was last seen.
  std::map<std::pair<std::string, std::string>, std::string> definitions_;
};

/// Throws planner::Refusal{stale} that says so of a schema that is not as planned.
[[noreturn]] void refuse_schema(const std::string& address, const std::string& server);

}  // namespace rowplan::executor
