// The history of runs that write (apply, sync, undo), and of what people did to the state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "state/row_counts.h"
#include "state/store.h"

namespace rowplan::state {

struct RunStart {
  std::string run_id;
  std::string plan_id;
  std::string plan_digest;
  std::string verb;                ///< `state ...`: not a run, but what a person did to the state
  std::vector<std::string> pairs;  ///< addresses
  std::string tool_version;
  std::string host;
  std::int64_t pid = 0;
};

struct RunEnd {
  int exit_code = 0;
  RowCounts rows;
  std::uint64_t units_applied = 0;
  std::uint64_t units_done = 0;  ///< were as planned already
  std::uint64_t units_stale = 0;
  std::uint64_t units_failed = 0;
  std::string message;

  friend bool operator==(const RunEnd&, const RunEnd&) = default;
};

struct RunRecord {
  RunStart start;  ///< pairs in order
  std::string started_at;
  std::optional<std::string> finished_at;  ///< none: under way, or killed
  std::optional<RunEnd> end;               ///< there when finished_at is
};

/// All throw StateError.
class Runs {
 public:
  explicit Runs(Store& store) : store_(store) {}

  /// A run id is used once: StateError{other} if it is there already.
  void begin(const RunStart& run);
  /// The plan of a run that began without one, or goes on with another.
  void planned(const std::string& run_id, const std::string& plan_id,
               const std::string& plan_digest);
  void finish(const std::string& run_id, const RunEnd& end);

  [[nodiscard]] std::optional<RunRecord> find(const std::string& run_id) const;
  /// The newest first; of one pair, if its address is given.
  [[nodiscard]] std::vector<RunRecord> newest(
      std::size_t limit, const std::optional<std::string>& pair = std::nullopt) const;

  /// The newest of the pair that was a run, finished or not.
  [[nodiscard]] std::optional<RunRecord> last_of(const std::string& pair) const;

  /// Forgets runs that began before, but the last of each pair; returns how many.
  std::uint64_t prune(const std::string& before);

 private:
  Store& store_;
};

}  // namespace rowplan::state
