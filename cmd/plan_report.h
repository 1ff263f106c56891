// Parts of what plan, check and validate print of a comparison.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <ostream>
#include <string>

#include "cmd/context.h"
#include "cmd/exit_code.h"
#include "planner/diagnostic.h"
#include "planner/plan.h"

namespace rowplan::cmd {

/// `address` of the contract, and for a group's table `spoke`.
[[nodiscard]] nlohmann::ordered_json address_json(const std::string& address);

/// `warning code address: message`, and the hint on a line of its own.
void print_findings(const planner::Findings& findings, bool color, std::ostream& out);
[[nodiscard]] nlohmann::ordered_json findings_json(const planner::Findings& findings);
[[nodiscard]] nlohmann::ordered_json diagnostics_json(const planner::Diagnostics& diagnostics);

/// Tables with changes, and how many there are without.
void print_table_counts(const planner::Plan& plan, std::ostream& out);
/// From where to where the watermarks of incremental tables go.
void print_watermarks(const planner::Plan& plan, std::ostream& out);
[[nodiscard]] nlohmann::ordered_json summary_json(const planner::Summary& summary);
[[nodiscard]] nlohmann::ordered_json tables_json(const planner::Plan& plan);

/// Exit code of what a comparison found, but for differences: findings, tables not read to the end.
[[nodiscard]] ExitCode exit_code_of_findings(const planner::Plan& plan) noexcept;

/// The digest of a plan that was written into `output`, and what to do with it.
void print_next_steps(const planner::Plan& plan, const std::string& digest,
                      const std::string& output, const Context& context);

}  // namespace rowplan::cmd
