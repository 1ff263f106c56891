// What apply intends and what became of it, unit by unit: the memory that a crash leaves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "state/store.h"

namespace rowplan::state {

enum class UnitState : std::uint8_t {
  intended,   ///< about to be written; still so after a crash: may or may not be committed
  committed,  ///< is as planned, by this run or an earlier one
  unknown,    ///< the answer to COMMIT was lost; hashes have not settled it yet
  stale,      ///< data was not what was planned; nothing written
  failed,     ///< rolled back
};

[[nodiscard]] const char* unit_state_name(UnitState state) noexcept;

/// A plan by name and by content: a resolved plan may keep the one and not the other.
struct PlanRef {
  std::string plan_id;
  std::string plan_digest;
};

struct UnitEntry {
  PlanRef plan;
  std::uint64_t unit = 0;
  UnitState state = UnitState::intended;
  std::uint64_t rows = 0;  ///< planned, while intended; then written
  std::string at;          ///< of the last change of state
};

/// A unit, and how many rows of it are planned or written.
struct UnitRows {
  std::uint64_t unit = 0;
  std::uint64_t rows = 0;
};

/// The journal does not decide: whether an unsettled unit was committed is for the hashes to say.
/// All throw StateError.
class Journal {
 public:
  explicit Journal(Store& store) : store_(store) {}

  /// On disk, all of them or none, when it returns; only then may the units be written. Allowed
  /// from every state: a rerun begins where it likes.
  void intend(const PlanRef& plan, const std::vector<UnitRows>& units);
  /// `outcome` is not `intended`. A power failure may take it back to the intent, as long as
  /// nothing else was written; the end of the process does not. Without an intent before it too: a
  /// unit that was found done.
  void settle(const PlanRef& plan, const std::vector<UnitRows>& units, UnitState outcome);

  [[nodiscard]] std::optional<UnitEntry> find(const PlanRef& plan, std::uint64_t unit) const;
  [[nodiscard]] std::vector<UnitEntry> units(const PlanRef& plan) const;  ///< in order of unit
  /// Of all plans: intended or unknown, and no run at work (the caller holds the lock).
  [[nodiscard]] std::vector<UnitEntry> unsettled() const;

  /// Forgets plans whose last entry is older and which have nothing unsettled; returns units.
  std::uint64_t prune(const std::string& before);

 private:
  void put(const PlanRef& plan, const std::vector<UnitRows>& units, UnitState state,
           Store::Sync sync);
  Store& store_;
};

}  // namespace rowplan::state
