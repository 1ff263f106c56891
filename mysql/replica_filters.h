// What a replica, or a binary log, leaves out.
#pragma once

#include <string>
#include <vector>

namespace rowplan::mysql {

/// Lists of names as the servers keep them; all empty: nothing is left out.
struct ReplicaFilters {
  std::vector<std::string> do_dbs;
  std::vector<std::string> ignore_dbs;
  std::vector<std::string> do_tables;      ///< `db.table`
  std::vector<std::string> ignore_tables;  ///< `db.table`
  std::vector<std::string> wild_do_tables;
  std::vector<std::string> wild_ignore_tables;
  bool rewrites = false;  ///< it gives databases other names

  [[nodiscard]] bool empty() const;
};

/// Would row events of this table be left out? A filter of databases goes by the table's database,
/// as for rows; names are compared without case, so that a doubtful one counts.
[[nodiscard]] bool leaves_out(const ReplicaFilters& filters, const std::string& db,
                              const std::string& table);

/// `a,b`, as the servers show such a list.
[[nodiscard]] std::vector<std::string> names_of_list(const std::string& list);

}  // namespace rowplan::mysql
