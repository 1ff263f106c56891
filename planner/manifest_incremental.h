// Reads [pair.NAME.incremental].
#pragma once

#include "planner/incremental.h"
#include "planner/manifest_section.h"

namespace rowplan::planner {

/// Lays the keys that stand in `section`'s table `incremental` over `incremental`.
void read_incremental(const ManifestSection& section, std::optional<Incremental>& incremental);

/// Complains about a table or pair whose incremental sync has no column.
void check_incremental(const ManifestSection& section,
                       const std::optional<Incremental>& incremental);

}  // namespace rowplan::planner
