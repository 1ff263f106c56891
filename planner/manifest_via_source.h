// What a pair with direction = "via-source" may not have besides.
#pragma once

#include "planner/manifest.h"
#include "planner/manifest_section.h"

namespace rowplan::planner {

/// Reports each key that cannot go with via-source, with the reason. `section`: the pair's, or a
/// table's of it; `options`: in effect there.
void check_via_source(const ManifestSection& section, const TableOptions& options);

/// The same for the keys that only a pair has.
void check_via_source(const ManifestSection& section, const PairSpec& pair);

}  // namespace rowplan::planner
