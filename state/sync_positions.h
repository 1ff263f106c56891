// What each table of an incremental pair was last compared with: tells when that no longer holds.
#pragma once

#include <optional>
#include <string>

#include "state/store.h"

namespace rowplan::state {

struct SyncPosition {
  std::string address;
  std::string full_compare_at;  ///< when all its rows were last compared; empty: never
  std::string source;           ///< identities of the servers
  std::string target;
  std::string target_position;  ///< opaque: how far the target was written; empty: not known
};

/// All throw StateError.
class SyncPositions {
 public:
  explicit SyncPositions(Store& store) : store_(store) {}

  [[nodiscard]] std::optional<SyncPosition> find(const std::string& address) const;
  /// An empty full_compare_at leaves the one that stands.
  void put(const SyncPosition& position);

 private:
  Store& store_;
};

}  // namespace rowplan::state
