// What an application's own change log says of one row on one member. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rowplan::planner {

/// The newest entry. All text is UTF-8; nullopt: NULL, or the log has no such column.
struct AuditEntry {
  std::optional<std::string> user;
  std::optional<std::string> time;  ///< as the log has it: its zone is the application's
  std::optional<std::string> type;
  std::optional<std::string> site;
  /// Deleted on purpose, whatever others made of the row. Not in a plan, which has what came of it.
  bool force_delete = false;

  friend bool operator==(const AuditEntry&, const AuditEntry&) = default;
};

/// Is it "force delete", in any case, with a blank, `_`, `-` or nothing between?
[[nodiscard]] bool means_force_delete(std::string_view type);

/// Takes `entry` for the newest; entries come in the order of their times, and with `ordered` those
/// of one time and site in the order in which they were made. Of several of one time that nothing
/// tells apart a force delete counts only if all are one.
void take_newer(std::optional<AuditEntry>& newest, AuditEntry entry, bool ordered);

}  // namespace rowplan::planner
