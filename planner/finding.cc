#include "planner/finding.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace rowplan::planner {

const char* severity_name(Severity severity) noexcept {
  switch (severity) {
    case Severity::info:
      return "info";
    case Severity::warning:
      return "warning";
    case Severity::error:
      return "error";
  }
  assert(false);
  return "error";
}

void add_once(Findings& findings, Finding finding) {
  const bool known = std::any_of(findings.begin(), findings.end(), [&](const Finding& other) {
    return other.code == finding.code && other.address == finding.address &&
           other.message == finding.message;
  });
  if (!known) findings.push_back(std::move(finding));
}

bool has_error(const Findings& findings) noexcept {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.severity == Severity::error; });
}

bool lacks_spokes(const Findings& findings) noexcept {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.code == kSpokeMissing; });
}

}  // namespace rowplan::planner
