#include "cmd/status_command.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cmd/manifest_file.h"
#include "cmd/status_json.h"
#include "cmd/status_metrics.h"
#include "cmd/status_text.h"

namespace rowplan::cmd {

ExitCode run_status(const StatusOptions& options, const Context& context) {
  const LoadedManifest loaded = load_manifest(context.global.manifest);
  report_warnings(loaded, context.console);
  const JobStatus status = read_status(loaded.manifest);
  const SystemTime now = std::chrono::system_clock::now();
  const bool outdated =
      options.max_age &&
      std::any_of(status.pairs.begin(), status.pairs.end(),
                  [&](const PairStatus& pair) { return is_outdated(pair, *options.max_age, now); });
  const ExitCode code = outdated ? ExitCode::outdated : ExitCode::done;
  switch (options.format) {
    case StatusFormat::text:
      context.console.out() << status_text(status, options, now);
      break;
    case StatusFormat::json: {
      nlohmann::ordered_json document = status_json(status, options, now);
      document["exit_code"] = static_cast<int>(code);
      context.console.print_json(document);
      break;
    }
    case StatusFormat::prometheus:
      context.console.out() << status_metrics(status, now);
      break;
  }
  return code;
}

}  // namespace rowplan::cmd
