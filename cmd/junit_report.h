// What check found, in the XML that CI systems read.
#pragma once

#include <string>
#include <string_view>

#include "cmd/exit_code.h"
#include "planner/plan.h"

namespace rowplan::cmd {

/// A test case for each table: a failure where rows differ, an error where a finding of severity
/// error stands against it. Where not all was read to its end, tables without a difference are
/// skipped, and a test case for the whole is no success. Findings of severity error that are of no
/// such table have test cases of their own.
[[nodiscard]] std::string junit_of_plan(const planner::Plan& plan);

/// Nothing could be compared: one test case, with the error.
[[nodiscard]] std::string junit_of_failure(const ErrorReport& failure);

/// For text and attribute values. What XML 1.0 cannot hold is escaped as shown().
[[nodiscard]] std::string xml_text(std::string_view text);

}  // namespace rowplan::cmd
