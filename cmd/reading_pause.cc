#include "cmd/reading_pause.h"

#include <memory>

#include "executor/throttle_probe.h"

namespace rowplan::cmd {
namespace {

/// A throttle and what it stands on.
struct ReadingThrottle {
  ReadingThrottle(const LoadedManifest& loaded, planner::PlanObserver& observer,
                  const Context& context)
      : connections(loaded.manifest, loaded.base_dir),
        probe(connections, [&observer](const std::string& text) { observer.warning(text); }),
        throttle(loaded.manifest, probe,
                 {.waiting = [&observer](const std::string& why) { observer.waiting(why); },
                  .stopped = [stop = context.stop()] { return stop != nullptr && stop->load(); }}) {
  }

  planner::Connections connections;
  executor::ServerProbe probe;
  executor::Throttle throttle;
};

}  // namespace

std::function<bool(const std::string&)> reading_pause(const LoadedManifest& loaded,
                                                      planner::PlanObserver& observer,
                                                      const Context& context) {
  const auto parts = std::make_shared<ReadingThrottle>(loaded, observer, context);
  return [parts](const std::string& pair) { return parts->throttle.before_reading(pair); };
}

}  // namespace rowplan::cmd
