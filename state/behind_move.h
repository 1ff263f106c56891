// Keeps the lists of members that are behind in step with a baseline that moves. Internal to
// state/.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "state/baselines.h"
#include "state/behind_lists.h"

namespace SQLite {
class Database;
}

namespace rowplan::state {

// Within a transaction of the caller's. All throw SQLite::Exception.
[[nodiscard]] std::vector<BehindInfo> behind_lists(SQLite::Database& db, std::int64_t baseline);
/// One of no rows.
[[nodiscard]] BehindInfo make_behind_list(SQLite::Database& db, std::int64_t baseline,
                                          const std::string& member, BehindKind kind,
                                          const std::string& since);
void put_behind_list(SQLite::Database& db, const BehindInfo& list);
void remove_behind_list(SQLite::Database& db, const BehindInfo& list);
void remove_behind_rows(SQLite::Database& db, BehindInfo& list);
/// Changes keys of it, which rise. Where `keeps`, a value that stands there stays. Throws
/// StateError (corrupt).
void move_behind_list(const Store& store, SQLite::Database& db, const BaselineInfo& baseline,
                      BehindInfo& list, const std::vector<BaselineChange>& changes,
                      const KeyOrder& order, bool keeps);

/// One move of a baseline.
class BehindMove {
 public:
  /// All must outlive it.
  BehindMove(const Store& store, SQLite::Database& db, const BaselineInfo& baseline,
             const BaselineMembers& members);

  /// What the baseline had of a key that changes; keys rise.
  void saw(const BaselineChange& change, std::optional<std::string_view> old);
  /// After all of them. `changes` are those of the baseline.
  void move(const std::vector<BaselineChange>& changes, const KeyOrder& order);

 private:
  const Store& store_;
  SQLite::Database& db_;
  const BaselineInfo& baseline_;
  const BaselineMembers& members_;
  std::vector<BaselineChange> olds_;  // for those that are missing
};

}  // namespace rowplan::state
