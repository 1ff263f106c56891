// summary.md: a plan for the conversation of a pull request.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "planner/plan.h"

namespace rowplan::planner {

inline constexpr std::size_t kSummaryBytesMax = 60'000;  ///< GitHub takes 65,536 characters

/// The first changes of a table, at most `count`.
using SampleChanges = std::function<std::vector<Change>(const PlanTable&, std::size_t count)>;

/// Markdown of at most kSummaryBytesMax bytes: what does not fit is left out, samples first, and said
/// to be left out. Depends on nothing in plan.run, so that it is the same for the same data.
[[nodiscard]] std::string summary_markdown(const Plan& plan, const SampleChanges& sample,
                                           std::size_t sample_rows);

}  // namespace rowplan::planner
