// The plans that sync made, beside the state: `<state>.plans/<plan_id>/`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "state/journal.h"

namespace rowplan::executor {

[[nodiscard]] std::filesystem::path plans_directory(const std::filesystem::path& state_path);

struct PlansPruned {
  std::uint64_t plans = 0;
  std::vector<std::string> notes;  ///< what could not be removed
};

/// The caller holds the state's lock. No plan is ever there in part under its own name.
class KeptPlans {
 public:
  explicit KeptPlans(const std::filesystem::path& state_path);

  /// Where the next plan is to be written: a name of its own, with nothing there. Makes the
  /// directory above it, mode 0700. Throws FileError.
  [[nodiscard]] std::filesystem::path make_room();
  /// Gives the plan that was finished there its name, durably; returns its path. Throws FileError.
  [[nodiscard]] std::filesystem::path keep(const std::string& plan_id);
  [[nodiscard]] std::filesystem::path path_of(const std::string& plan_id) const;
  /// Throws FileError.
  void remove(const std::string& plan_id);
  /// Leaves the newest `keep` plans and those of which the journal has units that are not settled;
  /// clears up what a killed run left. What is no plan's is not touched. Throws StateError;
  /// FileError where the directory cannot be read.
  PlansPruned prune(std::uint64_t keep, const state::Journal& journal);

 private:
  std::filesystem::path directory_;
};

/// Nobody will carry the plan to its end: its unsettled units are stale, and the next plan finds
/// out what became of them. Throws StateError.
void give_up(const state::PlanRef& plan, state::Store& store);

}  // namespace rowplan::executor
