// Reads the servers, pairs and groups of a manifest.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "planner/manifest_merge.h"
#include "planner/manifest_section.h"

namespace rowplan::planner {

[[nodiscard]] std::map<std::string, ServerSpec> read_servers(const ManifestSection& root);

[[nodiscard]] std::vector<PairSpec> read_pairs(const ManifestSection& root,
                                               const std::map<std::string, ServerSpec>& servers);

/// `pairs`: whose names are taken.
[[nodiscard]] std::vector<GroupSpec> read_groups(const ManifestSection& root,
                                                 const std::map<std::string, ServerSpec>& servers,
                                                 const std::vector<PairSpec>& pairs);

/// What a one-way group does on each of its spokes; a two-way one as a whole.
[[nodiscard]] std::vector<PairSpec> pairs_of(const GroupSpec& group);

/// What [defaults] says of every pair and group.
[[nodiscard]] PairSpec read_defaults(const ManifestSection& root,
                                     const std::map<std::string, ServerSpec>& servers);

/// Reads the keys that a pair and a group have in common.
void read_sync_keys(const ManifestSection& section,
                    const std::map<std::string, ServerSpec>& servers, PairSpec& pair);

/// Complains of options of a pair, a group or a table that do not go together.
void check_sync(const ManifestSection& section, const MergeMembers& members, Direction direction,
                TableOptions& options);

/// Reads the tables with options of their own.
void read_overrides(const ManifestSection& section, const MergeMembers& members, PairSpec& pair);

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
