// A plan as plan.json: writing and reading. The form is specified in docs/plan-format.md.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "planner/plan.h"

namespace rowplan::planner {

/// Takes the text of a document, piece by piece.
using TextSink = std::function<void(std::string_view)>;

/// The document is pretty-printed, with one chunk, unit and file a line, and depends on `plan`
/// alone.
void write_plan_json(const Plan& plan, const TextSink& sink);

/// What `show --format json` adds to the document: members in front, and the changes themselves.
struct PlanJsonExtras {
  std::string digest;
  /// Writes the elements of a table's "changes", an array then, each on a line of its own.
  std::function<void(const PlanTable&, const TextSink&)> changes;
};
void write_plan_json(const Plan& plan, const TextSink& sink, const PlanJsonExtras& extras);

/// Reads what write_plan_json() wrote; members that it does not know are ignored. Throws PlanError,
/// with the place: another major version, a missing member, a wrong type, parts that do not fit.
[[nodiscard]] Plan plan_from_json(std::string_view text);

}  // namespace rowplan::planner
