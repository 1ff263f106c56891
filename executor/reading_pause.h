// Lets a comparison wait by the manifest's throttles.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "planner/manifest.h"
#include "planner/observer.h"

namespace rowplan::executor {

/// For PlanRequest::pause. `stop`, which may be null, ends a wait. All must outlive what is
/// returned.
[[nodiscard]] std::function<bool(const std::string& pair)> reading_pause(
    const planner::Manifest& manifest, const std::string& base_dir, const std::atomic<bool>* stop,
    planner::PlanObserver& observer);

}  // namespace rowplan::executor
