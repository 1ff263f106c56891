#include "planner/window.h"

#include <algorithm>

namespace rowplan::planner {

Bound upper_bound(const mysql::SourceClock& clock, const Incremental& incremental) {
  Bound bound{clock.now - incremental.settle};
  if (clock.oldest && clock.oldest->since < bound.at) bound = {clock.oldest->since, &*clock.oldest};
  for (const mysql::Applier& applier : clock.appliers)
    if (applier.reached.value() < bound.at) bound = {*applier.reached};
  return bound;
}

WindowKind make_window(const Incremental& incremental, const WindowFacts& facts, Window& window) {
  window.to = floor_to(facts.bound, facts.digits);
  window.to_text = to_text(window.to, facts.digits);
  window.low.reset();
  if (!facts.stored) return WindowKind::full;
  if (facts.now < *facts.stored) return WindowKind::clock_is_back;
  const bool later = window.to > *facts.stored;
  if (!later) {
    window.to = *facts.stored;
    window.to_text = *window.from;
  }
  if (facts.all_rows) return WindowKind::full;
  if (!later) {
    window.low = *facts.stored;
    return WindowKind::empty;
  }
  window.low = *facts.stored - incremental.overlap;
  if (incremental.initial) window.low = std::max(*window.low, *incremental.initial);
  return WindowKind::changes;
}

}  // namespace rowplan::planner
