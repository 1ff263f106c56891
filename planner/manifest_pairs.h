// Reads the servers and pairs of a manifest.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "planner/manifest_section.h"

namespace rowplan::planner {

[[nodiscard]] std::map<std::string, ServerSpec> read_servers(const ManifestSection& root);

[[nodiscard]] std::vector<PairSpec> read_pairs(const ManifestSection& root,
                                               const std::map<std::string, ServerSpec>& servers);

/// May the manifest, a server or a pair be called so? Reports it where not.
bool check_name(ManifestReport& report, SourceSpan span, const std::string& name);

}  // namespace rowplan::planner
