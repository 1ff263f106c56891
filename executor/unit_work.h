// One unit of a plan with all that is needed to carry it out.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "planner/change.h"
#include "planner/plan.h"
#include "planner/plan_reader.h"
#include "planner/table_pair.h"
#include "state/journal.h"

namespace rowplan::executor {

/// The unit's part in one table.
struct TableWork {
  const planner::PlanTable* table = nullptr;
  const planner::TablePair* pair = nullptr;
  std::vector<const planner::PlanChunk*> chunks;
  std::vector<planner::Change> changes;  ///< of all these chunks, in key order
  /// Of the same chunks: changes that another step of the unit writes, or of a two-way table what
  /// other members get, and conflicts.
  std::vector<planner::Change> others;
  /// What `chunks` points to where the unit no longer is all that was planned.
  std::vector<std::shared_ptr<const planner::PlanChunk>> adjusted = {};
  bool touched = false;  ///< triggers of the unit may write any row of the table
};

/// Rows by the address of their table.
using TableOps = std::map<std::string, planner::Ops>;

void add(TableOps& total, const TableOps& more);

struct UnitWork {
  std::uint64_t id = 0;
  std::uint64_t steps = 1;      ///< transactions in which it is committed
  std::uint64_t step_rows = 0;  ///< as the plan has them
  std::uint64_t step = 0;       ///< from 1, where this is a step of a unit; 0: all of it
  /// Of several units that share a transaction: each of them. Empty: one unit.
  std::vector<state::UnitRows> parts;
  bool last_step = true;          ///< false: a step after which the unit is not done
  std::vector<TableWork> tables;  ///< in order of address

  /// Rows that are written.
  [[nodiscard]] std::uint64_t changes() const;
  [[nodiscard]] std::vector<state::UnitRows> units() const;  ///< `parts`, or the unit itself
  [[nodiscard]] TableOps ops() const;                        ///< its changes by kind
  /// That it may write; of two-way tables all members, the first one's first.
  [[nodiscard]] std::vector<std::string> servers() const;
  [[nodiscard]] bool two_way() const { return tables.front().pair->job.two_way(); }
};

/// Does it take rows away?
[[nodiscard]] bool removes_rows(const TableWork& table);

/// Names of the pairs that they are of.
[[nodiscard]] std::vector<std::string> pairs_of_units(const std::vector<UnitWork>& units);

/// Which chunks of which tables make up each unit.
class UnitIndex {
 public:
  /// `plan` and `pairs` (in the order of plan.tables) must outlive this.
  UnitIndex(const planner::LoadedPlan& plan, const std::vector<planner::TablePair>& pairs);
  /// Reads the unit's changes. Throws PlanError.
  [[nodiscard]] UnitWork load(std::uint64_t unit);

 private:
  void add_touched(UnitWork& work) const;
  struct Place {
    std::size_t table = 0;
    std::size_t chunk = 0;
  };
  const planner::LoadedPlan& plan_;
  const std::vector<planner::TablePair>& pairs_;
  std::map<std::uint64_t, const planner::PlanUnit*> units_;
  std::map<std::uint64_t, std::vector<Place>> places_;
  std::map<std::size_t, planner::ChangeReader> readers_;
};

}  // namespace rowplan::executor
