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

/// The keys that are not there leave `throttle` alone.
void read_throttle(const ManifestSection& section, const std::map<std::string, ServerSpec>& servers,
                   ThrottleSpec& throttle);

/// Likewise.
void read_hooks(const ManifestSection& section, HooksSpec& hooks);

/// Reports a name that no server has. An empty one is reported elsewhere.
void check_server(const ManifestSection& section, SourceSpan span, const std::string& name,
                  const std::map<std::string, ServerSpec>& servers);

/// May the manifest, a server or a pair be called so? Reports it where not.
bool check_name(ManifestReport& report, SourceSpan span, const std::string& name);

}  // namespace rowplan::planner
