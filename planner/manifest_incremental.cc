#include "planner/manifest_incremental.h"

#include "planner/did_you_mean.h"

namespace rowplan::planner {

namespace {

void read_time_zone(const ManifestSection& section, Incremental& incremental) {
  const auto text = section.text("time_zone");
  if (!text) return;
  incremental.time_zone = parse_offset(*text);
  if (incremental.time_zone) return;
  section.report().error(section.value_span("time_zone"),
                         "\"time_zone\" must be a fixed offset, not " + in_quotes(*text),
                         "like \"+05:45\" or \"-03:00\"; a zone whose clocks change repeats an "
                         "hour, in which rows would be lost");
}

}  // namespace

void read_incremental(const ManifestSection& section, std::optional<Incremental>& incremental) {
  const auto found = section.section("incremental", kIncremental);
  if (!found) return;
  if (!incremental) incremental.emplace();
  if (auto column = found->text("column")) incremental->column = std::move(*column);
  if (const auto overlap = found->duration("overlap")) incremental->overlap = *overlap;
  if (const auto settle = found->duration("settle")) incremental->settle = *settle;
  if (const auto every = found->duration("full_every")) incremental->full_every = *every;
  read_time_zone(*found, *incremental);
  if (auto text = found->text("initial")) incremental->initial_text = std::move(*text);
  if (incremental->initial_text.empty()) return;
  // A table may name another zone than the pair whose `initial` it takes.
  incremental->initial = parse_instant(incremental->initial_text,
                                       incremental->time_zone.value_or(std::chrono::seconds(0)));
  if (!incremental->initial && found->has("initial"))
    found->report().error(found->value_span("initial"),
                          "\"initial\" must be a time, not " + in_quotes(incremental->initial_text),
                          "like \"2026-01-01 00:00:00\", in \"time_zone\" or else UTC");
}

void check_incremental(const ManifestSection& section,
                       const std::optional<Incremental>& incremental) {
  if (!incremental || !incremental->column.empty()) return;
  section.report().error(section.key_span("incremental"),
                         section.title() + ": \"incremental\" has no \"column\"",
                         "name the column that an UPDATE sets to the time of the change");
}

}  // namespace rowplan::planner
