// Reads what a manifest says of an application's own change log: [pair.NAME.audit].
#pragma once

#include <optional>

#include "planner/manifest_section.h"

namespace rowplan::planner {

/// Lays the keys that stand in `section` over `audit`.
void read_audit(const ManifestSection& section, std::optional<AuditSpec>& audit);

/// Complains of what is missing, blaming `section`.
void check_audit(const ManifestSection& section, const std::optional<AuditSpec>& audit);

}  // namespace rowplan::planner
