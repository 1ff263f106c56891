// Lets a comparison wait by the manifest's throttles.
#pragma once

#include <atomic>
#include <string>

#include "planner/manifest.h"
#include "planner/observer.h"
#include "planner/planner.h"

namespace rowplan::executor {

/// For PlanRequest::pause. `stop`, which may be null, ends a wait. All must outlive what is
/// returned.
[[nodiscard]] planner::ReadingPause reading_pause(const planner::Manifest& manifest,
                                                  const std::string& base_dir,
                                                  const std::atomic<bool>* stop,
                                                  planner::PlanObserver& observer);

}  // namespace rowplan::executor
