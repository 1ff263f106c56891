#include "planner/limits.h"

#include <algorithm>

namespace rowplan::planner {

namespace {

/// What is changed on one member, of how many rows.
struct Counted {
  const Ops& ops;
  std::uint64_t compared = 0;
  std::string where;
};

class Judge {
 public:
  Judge(const PlanTable& table, const Limits& limits, Findings& findings)
      : table_(table), limits_(limits), findings_(findings) {}

  void empty_source() {
    if (table_.rows_compared > 0 || table_.ops.remove == 0 || limits_.allow_empty_source) return;
    tell("empty_source",
         "the source has no row, and all " + std::to_string(table_.ops.remove) + " of " +
             table_.target + " would be deleted",
         "if that is meant: limits.allow_empty_source = true");
  }

  void deletes(const Counted& counted) {
    if (limits_.max_deletes.allows(counted.ops.remove, counted.compared)) return;
    tell("max_deletes",
         std::to_string(counted.ops.remove) + " of " + std::to_string(counted.compared) +
             " rows would be deleted" + counted.where + ", over the limit of " +
             to_string(limits_.max_deletes),
         "if that is meant, raise limits.max_deletes");
  }

  void changes(const Counted& counted) {
    const std::uint64_t changes = counted.ops.insert + counted.ops.update + counted.ops.remove;
    if (!limits_.max_changes || limits_.max_changes->allows(changes, counted.compared)) return;
    tell("max_changes",
         std::to_string(changes) + " of " + std::to_string(counted.compared) +
             " rows would change" + counted.where + ", over the limit of " +
             to_string(*limits_.max_changes),
         "if that is meant, raise limits.max_changes");
  }

 private:
  void tell(const char* code, const std::string& message, const char* hint) {
    findings_.push_back({code, Severity::error, table_.address, message, hint});
  }

  const PlanTable& table_;
  const Limits& limits_;
  Findings& findings_;
};

}  // namespace

void judge_limits(const PlanTable& table, const TableOptions& options, Findings& findings) {
  const Limits& limits = options.limits;
  Judge judge(table, limits, findings);
  if (table.two_way()) {
    for (const auto& [server, member] : table.on) {
      // Of what it had: a member whose rows are all gone has none left to count.
      const Counted counted{member.ops, std::max(member.rows, table.baseline->rows),
                            " on " + server};
      judge.deletes(counted);
      judge.changes(counted);
    }
    return;
  }
  const Counted counted{table.ops, std::max(table.rows_compared, table.target_rows), ""};
  judge.empty_source();
  if (table.rows_compared > 0 || !limits.allow_empty_source) judge.deletes(counted);
  judge.changes(counted);
}

}  // namespace rowplan::planner
