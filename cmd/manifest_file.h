// The manifest that a command works with.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "cmd/console.h"
#include "planner/diagnostic.h"
#include "planner/manifest.h"

namespace rowplan::cmd {

/// It is not there, cannot be read, or has errors. Exit code 78.
class ManifestRejected : public std::runtime_error {
 public:
  ManifestRejected(const std::string& what, std::string hint)
      : runtime_error(what), hint_(std::move(hint)) {}
  ManifestRejected(const std::string& what, planner::Diagnostics diagnostics, std::string rendered)
      : runtime_error(what), diagnostics_(std::move(diagnostics)), rendered_(std::move(rendered)) {}
  [[nodiscard]] const std::string& hint() const noexcept { return hint_; }
  [[nodiscard]] const planner::Diagnostics& diagnostics() const noexcept { return diagnostics_; }
  /// The diagnostics with their lines and carets; empty where there are none.
  [[nodiscard]] const std::string& rendered() const noexcept { return rendered_; }

 private:
  std::string hint_;
  planner::Diagnostics diagnostics_;
  std::string rendered_;
};

struct LoadedManifest {
  planner::Manifest manifest;
  std::string text;
  std::string base_dir;              ///< of the manifest: relative paths start there
  planner::Diagnostics diagnostics;  ///< none of them an error
};

/// Throws ManifestRejected.
[[nodiscard]] LoadedManifest load_manifest(const std::string& file);

/// What the parser said of a manifest that is accepted, to stderr.
void report_warnings(const LoadedManifest& loaded, Console& console);

}  // namespace rowplan::cmd
