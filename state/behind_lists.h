// What each member that missed syncs of a two-way table had, at its own last one, of the rows that
// have moved without it. Beside the baseline, which is of those that took part, and gone with it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "state/baselines.h"

namespace rowplan::state {

enum class BehindKind : std::uint8_t {
  listed,   ///< what differs from the baseline is listed
  unknown,  ///< nothing is known of what it had, of no row
  expired,  ///< it was away for too long, and what it had is kept no longer
};
[[nodiscard]] const char* behind_kind_name(BehindKind kind) noexcept;

/// A member that has missed a sync, or that left rows as they were when it took part in one.
struct BehindInfo {
  std::int64_t id = 0;  ///< within the file
  std::string member;
  BehindKind kind = BehindKind::listed;
  std::string since;       ///< when the first sync ended that it missed; empty: it missed none
  std::uint64_t rows = 0;  ///< that are listed
  std::uint64_t pages = 0;
};

/// In front of each value of a list.
inline constexpr char kBehindNoRow = '\0';    ///< it had no such row; zeros follow
inline constexpr char kBehindRow = '\1';      ///< what it had, as in a baseline, follows
inline constexpr char kBehindUnknown = '\2';  ///< what it had is not known; zeros follow

/// All throw StateError. Where a BaselineInfo is returned, all is compare-and-set on its generation
/// as Baselines::move is: nullopt: it is no longer that, and all is as it was.
class BehindLists {
 public:
  explicit BehindLists(Store& store) : store_(store) {}

  /// In order of the members.
  [[nodiscard]] std::vector<BehindInfo> of(const BaselineInfo& baseline) const;

  /// They miss a sync. Those that missed one before keep their time.
  void missed(const BaselineInfo& baseline, const std::vector<std::string>& members);
  /// They took part in a sync of all rows, which rise. Of `left` (keys, rising) they may have other
  /// rows than the others still: of a member of which nothing was known, of these nothing is.
  [[nodiscard]] std::optional<BaselineInfo> caught_up(const BaselineInfo& from,
                                                      const std::vector<std::string>& members,
                                                      const std::vector<std::string>& left,
                                                      const KeyOrder& order);
  /// Of those of `members` that are away since before `time` (RFC 3339) no list is kept any more.
  [[nodiscard]] std::optional<BaselineInfo> expire(const BaselineInfo& from,
                                                   const std::vector<std::string>& members,
                                                   const std::string& time);
  /// Nothing is known of what it had, and it is not missing.
  [[nodiscard]] std::optional<BaselineInfo> forget(const BaselineInfo& from,
                                                   const std::string& member);

 private:
  [[nodiscard]] std::optional<BaselineInfo> change(
      const BaselineInfo& from, const std::function<bool(SQLite::Database&)>& work);

  Store& store_;
};

}  // namespace rowplan::state
