// Appliers of replicas that a run has stopped, so that a later one starts them if it was killed.
#pragma once

#include <string>
#include <vector>

#include "state/store.h"

namespace rowplan::state {

struct StoppedApplier {
  std::string server;    ///< its name in the manifest
  std::string channel;   ///< empty: the default one
  std::string identity;  ///< of the server
  std::string plan_id;   ///< of the plan that was being applied
  std::string position;  ///< opaque: where it stands
  std::string at;        ///< set by put
};

/// All throw StateError.
class StoppedAppliers {
 public:
  explicit StoppedAppliers(Store& store) : store_(store) {}

  [[nodiscard]] std::vector<StoppedApplier> all() const;
  /// Durable when it returns. One of this server and channel is replaced.
  void put(const StoppedApplier& applier);
  void remove(const std::string& server, const std::string& channel);

 private:
  Store& store_;
};

}  // namespace rowplan::state
