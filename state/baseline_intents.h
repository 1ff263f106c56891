// What a run is about to make of rows on several servers, on disk before the first of them commits:
// so that the next run can tell what a killed one wrote from what users wrote.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "state/journal.h"
#include "state/store.h"

namespace rowplan::state {

/// A key and what is intended; both opaque. All values of a unit have one width.
struct BaselineIntent {
  std::string key;
  std::string value;
};

/// What one unit of one plan intended.
struct UnitIntents {
  std::vector<std::string> members;  ///< whose rows they are of, in the order of the values
  std::vector<BaselineIntent> intents;
};

/// All throw StateError.
class BaselineIntents {
 public:
  explicit BaselineIntents(Store& store) : store_(store) {}

  /// On disk when it returns. In the place of what stood there of the same unit.
  void put(const std::string& address, const PlanRef& plan, std::uint64_t unit,
           const UnitIntents& intents);
  /// Of all units of all plans, the oldest first; of one key the last one counts. Throws corrupt
  /// where one is damaged.
  [[nodiscard]] std::vector<UnitIntents> all(const std::string& address) const;
  /// The newest plan, by its id, of which something is left; nullopt: of none.
  [[nodiscard]] std::optional<std::string> newest_plan(const std::string& address) const;
  /// Nothing of it was written.
  void settle(const std::string& address, const PlanRef& plan, std::uint64_t unit);
  /// Of all units of all plans: the rows whose keys are so. Their baseline has moved, and what was
  /// intended before must not count again if a row ever comes back to what it was. Throws corrupt
  /// where one is damaged.
  void settle_rows(const std::string& address,
                   const std::function<bool(std::string_view key)>& is_settled);
  /// Of all units of all plans.
  void settle_all(const std::string& address);

 private:
  Store& store_;
};

}  // namespace rowplan::state
