// Where an application itself writes down who changed what: [pair.NAME.audit].
#pragma once

#include <string>

namespace rowplan::planner {

/// A table's own keys stand over those of its pair. Columns that are not named are empty.
struct AuditSpec {
  std::string db;            ///< empty: that in which each member has the synced table
  std::string table;         ///< the log, or a view of it
  std::string key_column;    ///< the key of the row, as text
  std::string time_column;   ///< by which the newest entry is found
  std::string table_column;  ///< of which table an entry tells; empty: the log is of one
  std::string user_column;
  std::string site_column;
  std::string type_column;  ///< what was done; without it there is no force delete

  friend bool operator==(const AuditSpec&, const AuditSpec&) = default;
};

}  // namespace rowplan::planner
