// The way from a manifest to a plan. Open this first, then planner/plan.h.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "planner/job.h"
#include "planner/manifest.h"
#include "planner/observer.h"
#include "planner/plan.h"
#include "planner/plan_directory.h"

namespace rowplan::planner {

/// How a comparison gives way to others; called by several threads. Both may throw.
struct ReadingPause {
  /// Before rows are read: may wait, and then returns true. Empty: it never does.
  std::function<bool(const std::string& pair)> wait;
  /// Would it wait now? Asked about twice a second while rows are read.
  std::function<bool(const std::string& pair)> wanted;
};

struct PlanRequest {
  const Manifest* manifest = nullptr;
  std::string manifest_text;
  std::string base_dir;  ///< of the manifest: relative paths start there
  Selection selection;
  bool full = false;  ///< compare all rows of incremental tables too
  std::string tool_version;
  const std::atomic<bool>* stop = nullptr;  ///< set by a signal; looked at between chunks
  ReadingPause pause;
};

/// The command was stopped by its `stop` flag. Nothing was written.
struct Interrupted {};

/// Compares and writes a plan into `directory`, which is complete when this returns. The returned
/// plan may be not applyable; its findings say why. Throws Refusal, mysql::Error and its kin,
/// FileError, Interrupted.
struct WrittenPlan {
  Plan plan;
  std::string digest;
};
[[nodiscard]] WrittenPlan make_plan(const PlanRequest& request, PlanDirectory& directory,
                                    PlanObserver& observer);

/// Compares, writes nothing. `fast`: may stop at the first difference (then plan.complete is
/// false).
[[nodiscard]] Plan compare_only(const PlanRequest& request, bool fast, PlanObserver& observer);

}  // namespace rowplan::planner
