// The tables of a job, compared side by side.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "planner/connections.h"
#include "planner/method_choice.h"
#include "planner/observer.h"
#include "planner/plan_directory.h"
#include "planner/planner.h"
#include "planner/resolve.h"
#include "planner/table_compare.h"
#include "planner/two_way_compare.h"
#include "planner/window.h"

namespace rowplan::planner {

struct ComparedTable {
  TableOutcome outcome;
  std::optional<TwoWayOutcome> two_way;  ///< of a two-way table; its `table` is `outcome`
  std::string changes_path;              ///< empty: there is no change, or none is written
  bool compared = false;                 ///< else it must not be, or was not come to
};

struct ComparedTables {
  std::vector<ComparedTable> tables;  ///< of the job's pairs
  bool gave_up = false;               ///< at the first difference, as asked
};

struct CompareTask {
  const PlanRequest& request;
  PlanDirectory* directory = nullptr;  ///< null: changes are written nowhere
  bool fast = false;                   ///< the first difference ends it
  const ResolvedJob& job;
  const PairCatalog& catalog;
  const std::vector<TableWindows>& windows;  ///< of the job's pairs
  state::Store* store = nullptr;             ///< for two-way tables; null: there is none yet
};

/// Each table by one thread with a session on each server, and a second one where rows differ; who
/// has no table left helps with the ranges of a large one.
class TableWorkers {
 public:
  TableWorkers(const CompareTask& task, Connections& connections, MethodChooser& methods,
               PlanObserver& observer);
  ~TableWorkers();
  TableWorkers(const TableWorkers&) = delete;
  TableWorkers& operator=(const TableWorkers&) = delete;

  /// Throws what failed first. When the request was stopped, what there is.
  [[nodiscard]] ComparedTables run();
  /// Reads a two-way table once more, with rows that must wait for a person. What was written of it
  /// before is gone from the directory.
  void merge_again(std::size_t table, const HeldBack& held, ComparedTable& done);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace rowplan::planner
