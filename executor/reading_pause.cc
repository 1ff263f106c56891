#include "executor/reading_pause.h"

#include <memory>

#include "executor/throttle_probe.h"

namespace rowplan::executor {
namespace {

/// A throttle and what it stands on.
struct ReadingThrottle {
  ReadingThrottle(const planner::Manifest& manifest, const std::string& base_dir,
                  const std::atomic<bool>* stop, planner::PlanObserver& observer)
      : connections(manifest, base_dir),
        probe(connections, [&observer](const std::string& text) { observer.warning(text); }),
        throttle(manifest, probe,
                 {.waiting = [&observer](const std::string& why) { observer.waiting(why); },
                  .stopped = [stop] { return stop != nullptr && stop->load(); }}) {}

  planner::Connections connections;
  ServerProbe probe;
  Throttle throttle;
};

}  // namespace

planner::ReadingPause reading_pause(const planner::Manifest& manifest, const std::string& base_dir,
                                    const std::atomic<bool>* stop,
                                    planner::PlanObserver& observer) {
  const auto parts = std::make_shared<ReadingThrottle>(manifest, base_dir, stop, observer);
  return {[parts](const std::string& pair) { return parts->throttle.before_reading(pair); },
          [parts](const std::string& pair) { return parts->throttle.would_wait_to_read(pair); }};
}

}  // namespace rowplan::executor
