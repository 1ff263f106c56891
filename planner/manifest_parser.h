// Reads a manifest: TOML in, plain structs and all diagnostics at once out.
#pragma once

#include <optional>
#include <string>

#include "planner/diagnostic.h"
#include "planner/manifest.h"

namespace rowplan::planner {

struct ParsedManifest {
  std::optional<Manifest> manifest;  ///< none where a diagnostic is an error
  Diagnostics diagnostics;           ///< in the order of the text
};

/// Never throws for what a user wrote. `file_name` stands in the diagnostics, and relative paths
/// start from its directory. `unbuilt`: for tests of features that are not built yet, whose keys
/// are refused otherwise.
[[nodiscard]] ParsedManifest parse_manifest(std::string text, std::string file_name,
                                            bool unbuilt = false);

}  // namespace rowplan::planner
