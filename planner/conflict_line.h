// A conflict as one line of a changes file.
#pragma once

#include <string>
#include <string_view>

#include "planner/change.h"

namespace rowplan::planner {

/// How every such line begins, and no other.
inline constexpr std::string_view kConflictLine = R"({"op":"conflict",)";

/// {"op":"conflict","chunk":..,"key":[..],"kind":..,"did":{member:..},
/// "audit":{member:{"user":..,"time":..,"type":..,"site":..}|null},"rows":{member:{..}|null},
/// "resolution":{"take":..,"by":..}|null,"reason":..}; without "audit" where no log is asked.
[[nodiscard]] std::string conflict_to_json_line(const Change& change);

/// Reads what conflict_to_json_line wrote. Throws PlanError for anything else.
[[nodiscard]] Change conflict_from_json_line(std::string_view line);

}  // namespace rowplan::planner
