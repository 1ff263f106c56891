// Lets a comparison wait by the manifest's throttles.
#pragma once

#include <functional>
#include <string>

#include "cmd/context.h"
#include "cmd/manifest_file.h"
#include "planner/observer.h"

namespace rowplan::cmd {

/// For PlanRequest::pause. All must outlive what is returned.
[[nodiscard]] std::function<bool(const std::string&)> reading_pause(const LoadedManifest& loaded,
                                                                    planner::PlanObserver& observer,
                                                                    const Context& context);

}  // namespace rowplan::cmd
