#include "planner/limits.h"

#include <algorithm>

namespace rowplan::planner {

void judge_limits(const PlanTable& table, const TableOptions& options, Findings& findings) {
  const Limits& limits = options.limits;
  const std::uint64_t compared = std::max(table.rows_compared, table.target_rows);
  const auto tell = [&](const char* code, const std::string& message, const char* hint) {
    findings.push_back({code, Severity::error, table.address, message, hint});
  };
  if (table.rows_compared == 0 && table.ops.remove > 0 && !limits.allow_empty_source)
    tell("empty_source",
         "the source has no row, and all " + std::to_string(table.ops.remove) + " of " +
             table.target + " would be deleted",
         "if that is meant: limits.allow_empty_source = true");
  const bool emptied = table.rows_compared == 0 && limits.allow_empty_source;
  if (!emptied && !limits.max_deletes.allows(table.ops.remove, compared))
    tell("max_deletes",
         std::to_string(table.ops.remove) + " of " + std::to_string(compared) +
             " rows would be deleted, over the limit of " + to_string(limits.max_deletes),
         "if that is meant, raise limits.max_deletes");
  const std::uint64_t changes = table.ops.insert + table.ops.update + table.ops.remove;
  if (limits.max_changes && !limits.max_changes->allows(changes, compared))
    tell("max_changes",
         std::to_string(changes) + " of " + std::to_string(compared) +
             " rows would change, over the limit of " + to_string(*limits.max_changes),
         "if that is meant, raise limits.max_changes");
}

}  // namespace rowplan::planner
