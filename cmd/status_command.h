// `rowplan status`: when each pair last went well.
#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cmd/context.h"
#include "cmd/pair_status.h"

namespace rowplan::cmd {

[[nodiscard]] std::string status_text(const JobStatus& status, const StatusOptions& options,
                                      SystemTime now);
[[nodiscard]] nlohmann::ordered_json status_json(const JobStatus& status,
                                                 const StatusOptions& options, SystemTime now);
/// Prometheus' text format, as node_exporter's textfile collector reads it.
[[nodiscard]] std::string status_metrics(const JobStatus& status);

/// Throws ManifestRejected, StateError.
[[nodiscard]] ExitCode run_status(const StatusOptions& options, const Context& context);

}  // namespace rowplan::cmd
