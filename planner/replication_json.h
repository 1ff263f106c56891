// What servers are in replication, as JSON: for plan.json's `run` and for `validate --connect`.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "mysql/facts.h"

namespace rowplan::planner {

/// One of `servers`, by its name there. What its user may not ask is null.
[[nodiscard]] nlohmann::ordered_json replication_json(
    const std::string& name, const std::map<std::string, mysql::Facts>& servers);

}  // namespace rowplan::planner
