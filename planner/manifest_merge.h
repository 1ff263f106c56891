// Reads what a manifest says of two-way tables: conflict, insert_conflict, merge, threshold.
#pragma once

#include <string>
#include <vector>

#include "planner/manifest_section.h"

namespace rowplan::planner {

/// Lays the keys that stand in `section` over `merge`. Members keep the names by which they are
/// called, `source` and `target` among them.
void read_merge(const ManifestSection& section, MergeSpec& merge);

/// The members that a two-way section's names may mean; `target` is empty in a group.
struct MergeMembers {
  std::string source;
  std::string target;
  std::vector<std::string> all;
};

/// Replaces `source` and `target`, and complains of what makes no sense, blaming `section`.
void check_merge(const ManifestSection& section, const MergeMembers& members, MergeSpec& merge);

/// Complains of keys in `section` that only a two-way table has, and of those that it does not
/// have.
void check_direction(const ManifestSection& section, Direction direction,
                     const TableOptions& options);

}  // namespace rowplan::planner
