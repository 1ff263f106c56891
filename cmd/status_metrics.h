// Metrics of a job: what its state tells, and how a run ended. docs/monitoring.md lists them.
#pragma once

#include <string>

#include "cmd/context.h"
#include "cmd/pair_status.h"

namespace rowplan::cmd {

/// Prometheus' text format, as node_exporter's textfile collector reads it.
[[nodiscard]] std::string status_metrics(const JobStatus& status, SystemTime now);

/// A run of a verb that writes, for `output.metrics_textfile` and --metrics-textfile. To be made
/// when the run begins.
class RunMetrics {
 public:
  /// `option`: of the command line, wins over the manifest's; both may be empty: nothing is
  /// written. All must outlive this.
  RunMetrics(std::string verb, const std::string& option, const planner::Manifest& manifest,
             const Context& context);
  /// Writes the file, whatever the run came to. That it cannot be written is logged, and no more.
  void write(ExitCode code) const noexcept;

 private:
  [[nodiscard]] std::string text(ExitCode code) const;

  std::string verb_;
  std::string path_;
  const planner::Manifest& manifest_;
  const Context& context_;
  SystemTime began_;
};

}  // namespace rowplan::cmd
