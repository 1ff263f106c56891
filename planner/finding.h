// A finding: what a reviewer of a plan must know, with a stable code.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace rowplan::planner {

enum class Severity { info, warning, error };

/// Severity `error` makes a plan not applyable. Codes are listed in docs/findings.md; they are an
/// open set for readers and never change their meaning.
struct Finding {
  std::string code;  ///< stable, snake_case: `column_missing`
  Severity severity = Severity::info;
  std::string address;  ///< `pair/db.table`, `pair`, or empty for the whole plan
  std::string message;  ///< one sentence: what, where, why
  std::string hint;     ///< what to do next; may be empty
};

using Findings = std::vector<Finding>;

/// Unless it stands there already.
void add_once(Findings& findings, Finding finding);

/// Of one table: who has read these has read enough.
inline constexpr std::size_t kFindingsAtMost = 20;
/// A spoke that could not be reached was left out, as on_missing = "skip" wants it.
inline constexpr const char* kSpokeMissing = "spoke_missing";

[[nodiscard]] const char* severity_name(Severity severity) noexcept;
/// Any finding of severity `error` in the list?
[[nodiscard]] bool has_error(const Findings& findings) noexcept;
/// Was a spoke left out?
[[nodiscard]] bool lacks_spokes(const Findings& findings) noexcept;

}  // namespace rowplan::planner
