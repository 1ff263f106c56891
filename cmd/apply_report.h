// What an apply did, as text and as JSON: for `apply` and `sync`.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <ostream>
#include <string>

#include "cmd/exit_code.h"
#include "executor/executor.h"

namespace rowplan::cmd {

[[nodiscard]] std::string rows_text(const planner::Ops& rows);  ///< `3 inserted, 0 updated, ...`
/// One line for each unit that is stale or failed; the first 20.
void print_problems(const executor::ApplyResult& result, std::ostream& out);

[[nodiscard]] nlohmann::ordered_json error_json(const ErrorReport& report);
[[nodiscard]] nlohmann::ordered_json units_json(const executor::ApplyResult& result);
[[nodiscard]] nlohmann::ordered_json rows_json(const planner::Ops& rows, std::uint64_t superseded);
[[nodiscard]] nlohmann::ordered_json problems_json(const executor::ApplyResult& result);

}  // namespace rowplan::cmd
