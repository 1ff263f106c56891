// What all members of a two-way table had after its last sync: a value for each key, in the order
// in which the table is read. Keys and values are opaque bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "state/store.h"

namespace rowplan::state {

struct BaselineInfo {
  std::int64_t id = 0;  ///< within the file
  std::string address;
  std::string fits;               ///< opaque: the job, the members, the form of keys and values
  std::uint64_t value_bytes = 0;  ///< of every value
  std::uint64_t generation = 0;   ///< one more with each move
  std::uint64_t rows = 0;
  std::uint64_t pages = 0;
  std::string moved_at;
  std::string plan_id;  ///< that moved it last
};

/// A key's value from now on; nullopt: the key is gone.
struct BaselineChange {
  std::string key;
  std::optional<std::string> value;
};

/// Of a sync, those that take part and those that do not, by name.
struct BaselineMembers {
  std::vector<std::string> present;
  std::vector<std::string> missing;
};

/// <0, 0, >0: the order in which the table is read.
using KeyOrder = std::function<int(std::string_view, std::string_view)>;

/// All throw StateError.
class Baselines {
 public:
  explicit Baselines(Store& store) : store_(store) {}

  /// nullopt: there is none, or it was never finished.
  [[nodiscard]] std::optional<BaselineInfo> find(const std::string& address) const;
  /// The same; throws StateError (misfit) where it fits something else.
  [[nodiscard]] std::optional<BaselineInfo> find_fitting(const std::string& address,
                                                         const std::string& fits) const;

  /// Changes some keys, which rise; all or nothing. A key that is gone may have been gone before.
  /// What it is now; nullopt: it is no longer of that generation, and as it was. A power failure
  /// may undo it, until the next write that is synced. For members that are missing it is kept
  /// what they had (state/behind_lists.h); those that are present are behind no more in these keys.
  [[nodiscard]] std::optional<BaselineInfo> move(const BaselineInfo& from,
                                                 const std::vector<BaselineChange>& changes,
                                                 const KeyOrder& order, const std::string& plan_id,
                                                 const BaselineMembers& members = {});

  bool remove(const std::string& address);

  /// Those that are finished, in order of address.
  [[nodiscard]] std::vector<BaselineInfo> all() const;

 private:
  Store& store_;
};

}  // namespace rowplan::state
