#include "planner/audit_entry.h"

#include <utility>

namespace rowplan::planner {

bool means_force_delete(std::string_view type) {
  std::string letters;
  for (const char c : type) {
    if (c == ' ' || c == '_' || c == '-') continue;
    letters += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return letters == "forcedelete";
}

void take_newer(std::optional<AuditEntry>& newest, AuditEntry entry, bool ordered) {
  entry.force_delete = entry.type && means_force_delete(*entry.type);
  // Numbers of two sites tell nothing of which came first.
  const bool told_apart = ordered && newest && newest->site == entry.site;
  const bool tied = newest && !told_apart && newest->time == entry.time;
  if (tied) entry.force_delete = entry.force_delete && newest->force_delete;
  newest = std::move(entry);
}

}  // namespace rowplan::planner
