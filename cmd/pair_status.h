// What the state file says of each pair of a manifest.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cmd/run_progress.h"
#include "planner/manifest.h"
#include "state/behind_lists.h"
#include "state/lock.h"
#include "state/pairs.h"
#include "state/runs.h"
#include "state/watermarks.h"

namespace rowplan::cmd {

using SystemTime = std::chrono::system_clock::time_point;

/// A table's watermark; `at` is by the source's clock, and none where the value is not a time as
/// the planner writes it.
struct TableWatermark {
  state::Watermark mark;
  std::optional<SystemTime> at;
};

/// What a spoke of a two-way group has not seen of a table.
struct TableBehind {
  std::string address;  ///< `group@spoke/db.table`
  state::BehindInfo list;
};

struct PairStatus {
  std::string name;
  std::string source;
  std::string target;
  std::vector<std::string> spokes;          ///< of a two-way group, else empty
  std::optional<state::PairRecord> record;  ///< of its last success; none: there was none
  std::optional<SystemTime> success_at;
  std::optional<SystemTime> full_compare_at;
  std::optional<state::RunRecord> last_run;
  std::vector<TableWatermark> watermarks;  ///< of its tables
  std::vector<TableBehind> behind;         ///< likewise
};

struct JobStatus {
  std::string job;
  std::string state_path;
  bool state_exists = false;
  std::optional<state::Holder> lock;    ///< who holds the lock, or left it behind
  std::optional<RunProgress> progress;  ///< of who holds it
  std::vector<PairStatus> pairs;        ///< in the manifest's order
};

/// Opens the state file for reading alone; that it is missing is no error. Throws StateError.
[[nodiscard]] JobStatus read_status(const planner::Manifest& manifest);

/// Has a pair had no success since `max_age` before `now`?
[[nodiscard]] bool is_outdated(const PairStatus& pair, std::chrono::milliseconds max_age,
                               SystemTime now);

}  // namespace rowplan::cmd
