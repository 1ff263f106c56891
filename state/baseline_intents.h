// What a run is about to make of rows on several servers, on disk before the first of them commits:
// so that the next run can tell what a killed one wrote from what users wrote.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "state/journal.h"
#include "state/store.h"

namespace rowplan::state {

/// A key and what is intended; both opaque. All values of a table have one width.
struct BaselineIntent {
  std::string key;
  std::string value;
};

/// All throw StateError.
class BaselineIntents {
 public:
  explicit BaselineIntents(Store& store) : store_(store) {}

  /// On disk when it returns. In the place of what stood there of the same unit.
  void put(const std::string& address, const PlanRef& plan, std::uint64_t unit,
           const std::vector<BaselineIntent>& intents);
  /// Of all units of all plans, the oldest first; of one key the last one counts. Throws corrupt
  /// where one is damaged.
  [[nodiscard]] std::vector<BaselineIntent> all(const std::string& address) const;
  /// The baseline has moved, or nothing was written.
  void settle(const std::string& address, const PlanRef& plan, std::uint64_t unit);
  /// Of all plans: what a later run has dealt with.
  void settle_all(const std::string& address);

 private:
  Store& store_;
};

}  // namespace rowplan::state
