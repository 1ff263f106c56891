// summary.md: a plan for the conversation of a pull request.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "planner/plan.h"

namespace rowplan::planner {

inline constexpr std::size_t kSummaryBytesMax = 60'000;  ///< GitHub takes 65,536 characters

/// Takes changes one by one; false: enough.
using ChangeVisitor = std::function<bool(const Change&)>;
/// Gives the changes of a table, in order, to a visitor.
using SampleChanges = std::function<void(const PlanTable&, const ChangeVisitor&)>;

/// Markdown of at most kSummaryBytesMax bytes: what does not fit is left out, samples first, and
/// said to be left out. Depends on nothing in plan.run, so that it is the same for the same data.
/// `note` is Markdown of one line.
[[nodiscard]] std::string summary_markdown(const Plan& plan, const SampleChanges& sample,
                                           std::size_t sample_rows, const std::string& note = "");

}  // namespace rowplan::planner
